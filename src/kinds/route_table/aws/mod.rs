//! Route tables at EC2: one listing of the whole Region, in pages of 100.

mod lists;
mod read;
mod write;

use aws_sdk_ec2::types::{ResourceType, RouteTable};
use serde_json::Value;

use self::{lists::Lists, read::ends};
use super::leaves::{GATEWAYS, MAIN, PROPAGATING};
use crate::{
    aws::{Access, classify, ec2_tags},
    kind::{
        Class, CloudError, ScopeFacts,
        table::{Found, LeafEdit, Page, Service, Tree, get, texts},
    },
    kinds::subnets::aws::{self as subnets, all, arn},
    model::{Observed, PhysicalId, Tags},
};

const LIST: &str = "ec2:DescribeRouteTables";
/// What a local route has for a target.
const LOCAL_TARGET: &str = "local";

/// The route tables of one scope.
#[derive(Debug, Clone)]
pub struct Tables {
    ec2: aws_sdk_ec2::Client,
    facts: ScopeFacts,
    lists: Lists,
}

impl Service for Tables {
    const LISTS: &'static [&'static str] = &[LIST];

    fn connect(access: &Access) -> Self {
        Self { ec2: access.ec2.clone(), facts: access.facts.clone(), lists: Lists::default() }
    }

    async fn page(&self, _: usize, token: Option<String>) -> Result<Page, CloudError> {
        let (tables, next) = self.described(&[], token).await?;
        let found = self.found(tables).await?;
        Ok(Page { found, next, ..Page::default() })
    }

    /// They come with the list.
    async fn tags(&self, found: &Found) -> Result<Option<Tags>, CloudError> {
        Ok(found.tags.clone())
    }

    async fn find(&self, id: &PhysicalId) -> Result<Option<Found>, CloudError> {
        let tables = self.all(&[("route-table-id", id.as_str())]).await?;
        Ok(self.found(tables).await?.into_iter().next())
    }

    /// Nothing is left to read.
    async fn read(&self, found: &Found, _: &Tags) -> Result<Option<Observed<Value>>, CloudError> {
        Ok(found.whole.clone())
    }

    fn arn(&self, id: &PhysicalId) -> Option<String> {
        Some(arn("route-table", id, &self.facts))
    }

    /// The SDK may repeat the call: the token makes a repetition the same table (EC2 API reference,
    /// "Ensuring idempotency").
    async fn create(
        &self,
        want: &Tree,
        tags: &Tags,
        token: &str,
    ) -> Result<PhysicalId, CloudError> {
        const OPERATION: &str = "ec2:CreateRouteTable";
        let specification = ec2_tags::specification(ResourceType::RouteTable, tags);
        let answer = self
            .ec2
            .create_route_table()
            .client_token(token)
            .set_vpc_id(get(want, "vpc").as_str().map(str::to_owned))
            .tag_specifications(specification)
            .send()
            .await
            .map_err(|error| classify(OPERATION, &error))?;
        let id = answer.route_table.and_then(|table| table.route_table_id);
        let unnamed = || CloudError::new(OPERATION, Class::Unknown, "the answer names no table");
        id.map(PhysicalId).ok_or_else(unnamed)
    }

    async fn send(&self, have: &Observed<Value>, edits: &[LeafEdit]) -> Result<(), CloudError> {
        for edit in edits {
            match edit.path.as_str() {
                "routes" => self.route(have, edit).await?,
                PROPAGATING => self.propagate(have, edit).await?,
                _ => self.associate(have, edit).await?,
            }
        }
        Ok(())
    }

    async fn tag(&self, have: &Observed<Value>, set: &Tags) -> Result<(), CloudError> {
        ec2_tags::tag(&self.ec2, &have.id, set).await
    }

    async fn untag(&self, have: &Observed<Value>, keys: &[String]) -> Result<(), CloudError> {
        ec2_tags::untag(&self.ec2, &have.id, keys).await
    }

    async fn delete(&self, have: &Observed<Value>, _: Option<&Tree>) -> Result<(), CloudError> {
        let call = self.ec2.delete_route_table().route_table_id(have.id.as_str());
        match call.send().await.map_err(|error| classify("ec2:DeleteRouteTable", &error)) {
            Err(error) if error.class != Class::Missing => Err(error),
            _ => Ok(()),
        }
    }

    /// Of a deletion the subnets and gateways that use the table, and that it is a main table,
    /// which goes with its VPC only (EC2 API reference, `DeleteRouteTable`); of a subnet that
    /// leaves it the routes of the main table, which it uses from then on.
    async fn obstacles(
        &self,
        have: &Observed<Value>,
        edit: Option<&LeafEdit>,
    ) -> Result<Vec<String>, CloudError> {
        let vpc = have.state["vpc"].as_str().unwrap_or_default();
        let Some(edit) = edit else {
            if have.state[MAIN] == true {
                return Ok(vec![format!("it is the main route table of {vpc}")]);
            }
            let used = [&have.state["subnets"], &have.state[GATEWAYS]].into_iter();
            return Ok(used.flat_map(texts).map(|end| format!("{end} uses it")).collect());
        };
        let mains = self.all(&[("vpc-id", vpc), ("association.main", "true")]).await?;
        let lists = self.lists.of_customers(&self.ec2, &mains).await?;
        let routes = mains.iter().flat_map(|main| {
            let id = main.route_table_id().unwrap_or_default();
            // What is propagated leads out too; an endpoint's route leads to AWS only.
            let out = main.routes().iter().filter_map(ends);
            let out = out.filter(|end| end.1 != LOCAL_TARGET && !lists.is_of_endpoint(end));
            out.map(move |(to, via)| (id, to, via))
        });
        let subnet = edit.text();
        Ok(routes
            .map(|(id, to, via)| format!("{subnet} would use {id}, which routes {to} to {via}"))
            .collect())
    }
}

impl Tables {
    /// Tables as a whole.
    async fn found(&self, tables: Vec<RouteTable>) -> Result<Vec<Found>, CloudError> {
        let lists = self.lists.of_customers(&self.ec2, &tables).await?;
        tables.into_iter().map(|table| self.whole(table, &lists)).collect()
    }

    async fn described(
        &self,
        filters: &[(&str, &str)],
        token: Option<String>,
    ) -> Result<(Vec<RouteTable>, Option<String>), CloudError> {
        let call = self.ec2.describe_route_tables().max_results(100).set_next_token(token);
        let call = call.set_filters(subnets::filters(filters));
        let answer = call.send().await.map_err(|error| classify(LIST, &error))?;
        Ok((answer.route_tables.unwrap_or_default(), answer.next_token))
    }

    async fn all(&self, filters: &[(&str, &str)]) -> Result<Vec<RouteTable>, CloudError> {
        all(LIST, |token| self.described(filters, token)).await
    }
}
