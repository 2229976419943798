//! Associations of subnets and gateways with route tables, one for each. A subnet without an
//! association uses the main table of the VPC.

use super::{
    errors::{different_networks, done},
    model::{Association, AssociationPhase, RouteTable},
    routes,
    state::{Call, State},
};
use crate::simulator::{
    query::{invalid, missing},
    service::{Answer, ApiError},
};
use serde_json::{Value, json};
use std::time::Duration;

/// An existing association must be replaced; a second one is an error.
pub(super) fn associate(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let table_id = call.input.required("RouteTableId")?;
    state.route_table(table_id)?;
    let end = end(state, table_id, call)?;
    let associated = |(id, table): (&String, &RouteTable)| {
        let mut entries = table.associations.iter();
        let found = entries.find(|(_, other)| other.end == end);
        found.map(|(association, it)| (id.clone(), association.clone(), it.phase))
    };
    let (association, phase) = match state.route_tables.iter().find_map(associated) {
        Some((table, association, phase)) if table == table_id => (association, phase),
        Some(_) => {
            let message = format!(
                "the specified association for route table {table_id} conflicts with an existing \
                 association"
            );
            return Err(ApiError::new("Resource.AlreadyAssociated", message));
        }
        None => (call.context.ids.next("rtbassoc"), initial_phase(call)),
    };
    if let Some(table) = state.route_tables.get_mut(table_id) {
        table.associations.insert(association.clone(), Association { end: end.into(), phase });
    }
    Ok(json!({"associationId": association, "associationState": {"state": phase.name()}}))
}

/// The state of an association when the call that makes it returns.
fn initial_phase(call: &Call<'_, '_>) -> AssociationPhase {
    let until = call.context.complete_at(Duration::ZERO);
    match call.context.failure() {
        Some(_) => AssociationPhase::Failed,
        None if until > call.context.elapsed => AssociationPhase::Associating(until),
        None => AssociationPhase::Associated,
    }
}

/// In one step, so that the subnet never uses the main table in between. The association gets
/// another id, unless it is already with the table. Replacing the main association makes another
/// table the main table of the VPC.
pub(super) fn replace(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let association = call.input.required("AssociationId")?;
    let table_id = call.input.required("RouteTableId")?;
    let vpc = &state.route_table(table_id)?.vpc;
    let old = state.table_of(association).ok_or_else(|| unknown(association))?;
    if state.route_table(&old)?.vpc != *vpc {
        let tables = [old.as_str(), table_id].map(|id| format!("route table {id}"));
        return Err(different_networks(&tables[0], &tables[1]));
    }
    if old == table_id {
        return Ok(replaced(association, AssociationPhase::Associated));
    }
    let end = state.end_of(association);
    if end.as_ref().is_some_and(|end| state.gateways.contains_key(end)) {
        check_edge(state, table_id)?;
    }
    let new = call.context.ids.next("rtbassoc");
    let phase = end.as_ref().map_or(AssociationPhase::Associated, |_| initial_phase(call));
    if let Some(table) = state.route_tables.get_mut(&old) {
        table.associations.remove(association);
        if end.is_none() {
            table.main_association = None;
        }
    }
    if let Some(table) = state.route_tables.get_mut(table_id) {
        match end {
            Some(end) => {
                table.associations.insert(new.clone(), Association { end, phase });
            }
            None => table.main_association = Some(new.clone()),
        }
    }
    Ok(replaced(&new, phase))
}

fn replaced(association: &str, phase: AssociationPhase) -> Value {
    json!({"newAssociationId": association, "associationState": {"state": phase.name()}})
}

/// The subnet then uses the main table.
pub(super) fn disassociate(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let association = call.input.required("AssociationId")?;
    let table = state.table_of(association).ok_or_else(|| unknown(association))?;
    let table = state.route_tables.get_mut(&table);
    let found = table.and_then(|table| table.associations.get_mut(association));
    let found = found.ok_or_else(|| {
        invalid(format!("cannot disassociate the main route table association {association}"))
    })?;
    found.phase = AssociationPhase::Disassociating(call.context.complete_at(Duration::ZERO));
    state.settle(call.context.elapsed);
    done()
}

impl State {
    /// The route table with this association.
    pub(super) fn table_of(&self, association: &str) -> Option<String> {
        let with = |table: &RouteTable| {
            table.main_association.as_deref() == Some(association)
                || table.associations.contains_key(association)
        };
        let mut tables = self.route_tables.iter();
        tables.find(|(_, table)| with(table)).map(|(id, _)| id.clone())
    }

    /// The subnet or gateway with this association, which may also be one with a network ACL;
    /// `None` for a main association.
    pub(super) fn end_of(&self, association: &str) -> Option<String> {
        let mut tables = self.route_tables.values();
        let of_table = tables.find_map(|table| table.associations.get(association));
        let mut acls = self.network_acls.values();
        let of_acl = || acls.find_map(|acl| acl.associations.get(association));
        of_table.map(|association| &association.end).or_else(of_acl).cloned()
    }
}

/// The subnet or gateway of the request, which must be in the VPC of the table.
fn end<'i>(state: &State, table_id: &str, call: &Call<'i, '_>) -> Result<&'i str, ApiError> {
    let vpc = &state.route_table(table_id)?.vpc;
    let table = format!("route table {table_id}");
    match (call.input.text("SubnetId"), call.input.text("GatewayId")) {
        (None, None) => Err(missing("subnetId")),
        (Some(_), Some(_)) => Err(ApiError::new(
            "InvalidParameterCombination",
            "The parameter subnetId cannot be used with the parameter gatewayId",
        )),
        (Some(subnet), None) if state.subnet(subnet)?.vpc == *vpc => Ok(subnet),
        (Some(subnet), None) => Err(different_networks(&table, &format!("subnet {subnet}"))),
        (None, Some(gateway)) => {
            if state.gateway(gateway)?.vpc.as_ref() != Some(vpc) {
                return Err(different_networks(&table, &format!("network gateway {gateway}")));
            }
            check_edge(state, table_id)?;
            Ok(gateway)
        }
    }
}

/// Whether gateways may use the table: no gateway propagates to it, and every route is allowed.
fn check_edge(state: &State, table_id: &str) -> Result<(), ApiError> {
    let table = state.route_table(table_id)?;
    let vpc = state.vpc(&table.vpc)?;
    if !table.propagating.is_empty() {
        let message = format!("Route propagation is enabled for the route table {table_id}.");
        return Err(invalid(message));
    }
    for (destination, route) in &table.routes {
        routes::check_edge(vpc, destination, route.target.kind)?;
    }
    Ok(())
}

/// The error for the unknown id of an association.
pub(super) fn unknown(association: &str) -> ApiError {
    let message = format!("The association ID '{association}' does not exist");
    ApiError::new("InvalidAssociationID.NotFound", message)
}
