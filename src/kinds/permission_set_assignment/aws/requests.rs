//! Requests to give or take a permission set: what this process has sent, and what AWS is at work
//! on.

use std::collections::BTreeSet;

use aws_sdk_ssoadmin::types::{
    AccountAssignmentOperationStatus as Status, OperationStatusFilter, PrincipalType, StatusValues,
    TargetType,
};

use super::{
    super::{
        entries::{key, parts},
        leaves::{CREATE, DELETE},
    },
    Assignments, Place, Sent, defect, locked,
};
use crate::{
    aws::{classify, identity_center::PAGE, lookup::Pages},
    kind::{Class, CloudError},
};

impl Assignments {
    /// How far a request is.
    async fn status(&self, operation: &str, id: &str) -> Result<Option<Status>, CloudError> {
        let instance = self.instance()?;
        let (client, arn) = (self.client(), &instance.arn);
        if operation == CREATE {
            const ASK: &str = "ssoadmin:DescribeAccountAssignmentCreationStatus";
            let call = client.describe_account_assignment_creation_status().instance_arn(arn);
            let answer = call.account_assignment_creation_request_id(id).send().await;
            let answer = answer.map_err(|error| classify(ASK, &error))?;
            return Ok(answer.account_assignment_creation_status);
        }
        const ASK: &str = "ssoadmin:DescribeAccountAssignmentDeletionStatus";
        let call = client.describe_account_assignment_deletion_status().instance_arn(arn);
        let answer = call.account_assignment_deletion_request_id(id).send().await;
        let answer = answer.map_err(|error| classify(ASK, &error))?;
        Ok(answer.account_assignment_deletion_status)
    }

    /// Looks what has become of this process's requests for an account; returns what is to be known
    /// of them. What cannot be read hides nothing else: AWS is asked again before the next request.
    pub(super) async fn follow(&self, account: &str) -> Vec<String> {
        let sent: Vec<_> = locked(&self.sent)
            .iter()
            .filter(|((of, _), it)| of == account && it.failure.is_none())
            .map(|(place, it)| (place.clone(), it.clone()))
            .collect();
        let mut notes = Vec::new();
        for (place, request) in sent {
            let status = match self.status(request.operation, &request.id).await {
                Ok(status) => status,
                // AWS forgets requests after a while.
                Err(error) if error.class == Class::Missing => None,
                Err(error) => {
                    notes.push(format!("what became of an earlier request is unknown: {error}"));
                    self.note(&place, |sent| sent.in_progress = false);
                    continue;
                }
            };
            match status.as_ref().and_then(|status| status.status.as_ref()) {
                Some(StatusValues::InProgress) => {
                    let verb = if request.operation == CREATE { "giving" } else { "taking away" };
                    notes.push(format!("AWS is at work on {verb} {}", place.1));
                    self.note(&place, |sent| sent.in_progress = true);
                }
                Some(StatusValues::Failed) => {
                    let failure = status.as_ref().map(|it| failed(request.operation, it));
                    self.note(&place, |sent| {
                        (sent.in_progress, sent.failure) = (false, failure);
                    });
                }
                _ => drop(locked(&self.sent).remove(&place)),
            }
        }
        notes
    }

    fn note(&self, place: &Place, change: impl FnOnce(&mut Sent)) {
        if let Some(sent) = locked(&self.sent).get_mut(place) {
            change(sent);
        }
    }

    /// The assignments on which AWS is at work, whoever asked for it.
    pub(super) async fn at_work(&self) -> Result<BTreeSet<Place>, CloudError> {
        if let Some(found) = locked(&self.at_work).clone() {
            return Ok(found);
        }
        let mut places = BTreeSet::new();
        for operation in [CREATE, DELETE] {
            for id in self.in_progress(operation).await? {
                let status = match self.status(operation, &id).await {
                    // It is finished, and forgotten already.
                    Err(error) if error.class == Class::Missing => continue,
                    status => status?,
                };
                let busy = status.filter(|it| it.status == Some(StatusValues::InProgress));
                places.extend(busy.as_ref().and_then(place));
            }
        }
        *locked(&self.at_work) = Some(places.clone());
        Ok(places)
    }

    /// The ids of the requests in progress.
    async fn in_progress(&self, operation: &str) -> Result<Vec<String>, CloudError> {
        const CREATIONS: &str = "ssoadmin:ListAccountAssignmentCreationStatus";
        const DELETIONS: &str = "ssoadmin:ListAccountAssignmentDeletionStatus";
        let instance = self.instance()?;
        let only = OperationStatusFilter::builder().status(StatusValues::InProgress).build();
        let list = if operation == CREATE { CREATIONS } else { DELETIONS };
        let (mut pages, mut token, mut ids) = (Pages::of(list), None, Vec::new());
        loop {
            let (found, next) = if operation == CREATE {
                let call = self.client().list_account_assignment_creation_status();
                let call = call.instance_arn(&instance.arn).filter(only.clone());
                let page = call.max_results(PAGE).set_next_token(token).send().await;
                let page = page.map_err(|error| classify(CREATIONS, &error))?;
                (page.account_assignments_creation_status, page.next_token)
            } else {
                let call = self.client().list_account_assignment_deletion_status();
                let call = call.instance_arn(&instance.arn).filter(only.clone());
                let page = call.max_results(PAGE).set_next_token(token).send().await;
                let page = page.map_err(|error| classify(DELETIONS, &error))?;
                (page.account_assignments_deletion_status, page.next_token)
            };
            ids.extend(found.unwrap_or_default().into_iter().filter_map(|it| it.request_id));
            token = pages.next(next)?;
            if token.is_none() {
                return Ok(ids);
            }
        }
    }

    /// Asks AWS to give or take a permission set. The failure of the last request for it is
    /// reported once, in place of another one.
    pub(super) async fn ask(
        &self,
        operation: &'static str,
        place: Place,
    ) -> Result<(), CloudError> {
        let last = locked(&self.sent).remove(&place);
        if let Some(failure) = last.and_then(|last| last.failure) {
            return Err(failure);
        }
        let Some(status) = self.request(operation, &place.0, &place.1).await? else {
            return Ok(());
        };
        match (&status.status, &status.request_id) {
            (Some(StatusValues::Failed), _) => return Err(failed(operation, &status)),
            (Some(StatusValues::InProgress), Some(id)) => {
                let sent = Sent { operation, id: id.clone(), in_progress: true, failure: None };
                locked(&self.sent).insert(place, sent);
            }
            _ => {}
        }
        Ok(())
    }

    async fn request(
        &self,
        operation: &'static str,
        account: &str,
        entry: &str,
    ) -> Result<Option<Status>, CloudError> {
        let instance = self.instance()?;
        let (set, sort, who) = parts(entry).ok_or_else(|| defect("no assignment"))?;
        let sort = PrincipalType::from(sort);
        if operation == CREATE {
            let call = self.client().create_account_assignment().instance_arn(&instance.arn);
            let call = call.target_type(TargetType::AwsAccount).target_id(account);
            let call = call.permission_set_arn(set).principal_type(sort).principal_id(who);
            let answer = call.send().await.map_err(|error| classify(CREATE, &error))?;
            return Ok(answer.account_assignment_creation_status);
        }
        let call = self.client().delete_account_assignment().instance_arn(&instance.arn);
        let call = call.target_type(TargetType::AwsAccount).target_id(account);
        let call = call.permission_set_arn(set).principal_type(sort).principal_id(who);
        match call.send().await.map_err(|error| classify(DELETE, &error)) {
            Err(error) if error.class == Class::Missing => Ok(None),
            answer => Ok(answer?.account_assignment_deletion_status),
        }
    }
}

/// The assignment that a request is about.
fn place(status: &Status) -> Option<Place> {
    let (account, set) = (status.target_id.clone()?, status.permission_set_arn.as_deref()?);
    let (sort, who) = (status.principal_type.as_ref()?, status.principal_id.as_deref()?);
    Some((account, key(set, sort.as_str(), who)))
}

fn failed(operation: &'static str, status: &Status) -> CloudError {
    let why = status.failure_reason.as_deref().unwrap_or("AWS gives no reason");
    let error = CloudError::new(operation, Class::Unavailable, why);
    CloudError { request_id: status.request_id.clone(), ..error }
}
