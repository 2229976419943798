//! What [`Live`] does for every service.

use std::{collections::BTreeMap, sync::Mutex};

use serde_json::{Value, json};

use super::super::{Found, LeafEdit, Live, Page, Service, Shape, Tree, Verb};
use crate::{
    aws::Access,
    kind::{
        Ask, Class, CloudError, Population, ScopeFacts,
        erased::{Edit, EditBody, ErasedPort as _},
    },
    model::{Address, Claim, Deletion, Observed, Phase, PhysicalId, Tags},
};

/// Two lists of ids, the tags of each, and what cannot be read.
#[derive(Default)]
struct FakeService {
    pages: [Vec<(&'static str, Option<&'static str>)>; 2],
    tags: BTreeMap<&'static str, Tags>,
    broken: BTreeMap<&'static str, Class>,
    calls: Mutex<Vec<String>>,
}

impl FakeService {
    fn called(&self, call: String) {
        self.calls.lock().expect("no panic").push(call);
    }

    fn observed(id: &PhysicalId, tags: &Tags) -> Observed<Value> {
        let state = json!({"entries": [format!("entry of {id}")]});
        Observed {
            id: id.clone(),
            arn: String::new(),
            tags: tags.clone(),
            phase: Phase::Ready,
            state,
        }
    }
}

impl Service for FakeService {
    const LISTS: &'static [&'static str] = &["x:ListSome", "x:ListAll"];

    fn connect(_: &Access) -> Self {
        Self::default()
    }

    /// The token is the index of the page.
    async fn page(&self, list: usize, token: Option<String>) -> Result<Page, CloudError> {
        self.called(format!("list {list}"));
        let number = token.map_or(0, |token| token.parse().expect("a number"));
        let pages: &Vec<(&str, Option<&str>)> = &self.pages[list];
        let Some((id, next)) = pages.get::<usize>(number) else { return Ok(Page::default()) };
        Ok(Page {
            found: vec![Found {
                names: [format!("name of {id}")].into(),
                ..Found::of((*id).into())
            }],
            next: next.map(str::to_owned),
            ..Page::default()
        })
    }

    async fn tags(&self, found: &Found) -> Result<Option<Tags>, CloudError> {
        self.called(format!("tags {}", found.id));
        match self.broken.get(found.id.as_str()) {
            Some(class) => Err(CloudError::new("x:Tags", *class, "no")),
            None => Ok(self.tags.get(found.id.as_str()).cloned()),
        }
    }

    async fn find(&self, id: &PhysicalId) -> Result<Option<Found>, CloudError> {
        self.called(format!("find {id}"));
        let tags = self.tags.get(id.as_str()).cloned();
        Ok(tags.map(|tags| Found { tags: Some(tags), ..Found::of(id.clone()) }))
    }

    async fn read(
        &self,
        found: &Found,
        tags: &Tags,
    ) -> Result<Option<Observed<Value>>, CloudError> {
        self.called(format!("read {}", found.id));
        Ok(Some(Self::observed(&found.id, tags)))
    }

    fn arn(&self, _: &PhysicalId) -> Option<String> {
        None
    }

    async fn create(&self, _: &Tree, _: &Tags, _: &str) -> Result<PhysicalId, CloudError> {
        Ok("new".into())
    }

    async fn send(&self, _: &Observed<Value>, edits: &[LeafEdit]) -> Result<(), CloudError> {
        self.called(format!("send {}", edits.len()));
        Ok(())
    }

    async fn tag(&self, _: &Observed<Value>, _: &Tags) -> Result<(), CloudError> {
        Ok(())
    }

    async fn untag(&self, _: &Observed<Value>, _: &[String]) -> Result<(), CloudError> {
        Ok(())
    }

    async fn delete(&self, _: &Observed<Value>, _: Option<&Tree>) -> Result<(), CloudError> {
        Ok(())
    }
}

fn live(fake_service: FakeService) -> Live<FakeService> {
    let facts = ScopeFacts {
        name: "prod".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
    };
    let takes = vec![("entries".into(), "elsewhere".into())];
    Live::over(fake_service, facts, Shape { kind: "Widget", takes })
}

fn claimed(name: &str) -> Tags {
    let address = Address::new("prod", "Widget", name);
    Claim { owner: "ml".into(), address, deletion: Deletion::Retain }.tags()
}

fn ask(names: &[&str]) -> Ask {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Ask { owner: "ml".into(), names, ..Ask::default() }
}

fn calls(live: &Live<FakeService>) -> Vec<String> {
    std::mem::take(&mut *live.service().calls.lock().expect("no panic"))
}

fn ids(seen: &Population<Value>) -> Vec<&str> {
    seen.whole.iter().map(|live| live.id.as_str()).collect()
}

/// `a` is ours and on the first list, `b` is ours and on the second one, `c` is not ours, `d` is on
/// no list.
fn fake_service() -> FakeService {
    FakeService {
        pages: [vec![("a", Some("1")), ("c", None)], vec![("a", Some("1")), ("b", None)]],
        tags: [("a", claimed("a")), ("b", claimed("b")), ("c", Tags::new()), ("d", Tags::new())]
            .into(),
        ..FakeService::default()
    }
}

#[tokio::test]
async fn a_later_list_is_read_only_if_something_is_missing() {
    let live = live(fake_service());
    let seen = live.observe(&ask(&["a"])).await.expect("observed");
    assert_eq!(ids(&seen), ["a"]);
    assert_eq!(calls(&live), ["list 0", "list 0", "tags a", "tags c", "read a"]);
    let seen = live.observe(&ask(&["a", "b"])).await.expect("observed");
    assert_eq!(ids(&seen), ["a", "b"]);
    assert!(calls(&live).contains(&"tags b".to_owned()));
}

#[tokio::test]
async fn a_repeated_token_is_an_error_and_not_the_end() {
    let live = live(FakeService {
        pages: [vec![("a", Some("1")), ("b", Some("1"))], Vec::new()],
        ..fake_service()
    });
    let error = live.observe(&ask(&["a"])).await.expect_err("never half a list");
    assert_eq!((error.operation, error.class), ("x:ListSome", Class::Unknown));
}

#[tokio::test]
async fn only_conflicting_resources_of_others_are_read() {
    let live = live(fake_service());
    let named = Ask { natural_keys: ["name of c".to_owned()].into(), ..ask(&["a"]) };
    assert_eq!(ids(&live.observe(&named).await.expect("observed")), ["a", "c"]);
    let adopted = Ask { adopt: ["c".into()].into(), ..ask(&["a"]) };
    assert_eq!(ids(&live.observe(&adopted).await.expect("observed")), ["a", "c"]);
}

#[tokio::test]
async fn a_remembered_resource_is_read_by_its_id_and_reported_without_a_claim() {
    let live = live(fake_service());
    let remembering = Ask { remembered: ["d".into(), "gone".into()].into(), ..ask(&["a"]) };
    assert_eq!(ids(&live.observe(&remembering).await.expect("observed")), ["a", "d"]);
    let calls = calls(&live);
    assert!(calls.contains(&"find d".to_owned()) && calls.contains(&"find gone".to_owned()));
}

#[tokio::test]
async fn an_unreadable_resource_is_unknown_unless_it_is_somebody_elses() {
    let denied = FakeService { broken: [("c", Class::Denied)].into(), ..fake_service() };
    let live = live(denied);
    let seen = live.observe(&ask(&["a"])).await.expect("observed");
    assert_eq!((ids(&seen), seen.unread.len()), (vec!["a"], 0));
    let seen = live.observe(&ask(&["a", "missing"])).await.expect("observed");
    assert_eq!(ids(&seen), ["a", "b"], "the others are not unknown because of it");
    assert_eq!(seen.unread.len(), 1, "it may be the missing one");
    let remembering = Ask { remembered: ["c".into()].into(), ..ask(&["a"]) };
    let seen = live.observe(&remembering).await.expect("observed");
    assert_eq!(seen.unread.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["c"]);
}

#[tokio::test]
async fn each_resource_gets_the_wanted_entries_that_another_of_ours_has() {
    let live = live(fake_service());
    let keys = ["entry of b".to_owned(), "entry of c".to_owned()].into();
    let wanted = Ask { natural_keys: keys, ..ask(&["a", "b"]) };
    let seen = live.observe(&wanted).await.expect("observed");
    assert_eq!(seen.whole[0].state["elsewhere"], json!({"entry of b": "b"}));
    assert_eq!(seen.whole[1].state.get("elsewhere"), None);
}

/// With what others want of each other, the states of many keys would grow with the square of
/// their number.
#[tokio::test]
async fn what_its_own_manifest_does_not_want_is_not_noted() {
    let live = live(fake_service());
    let mut wanted = ask(&["a", "b"]);
    wanted.want("a".to_owned(), ["entry of a".to_owned()]);
    wanted.want("b".to_owned(), ["entry of a".to_owned(), "entry of b".to_owned()]);
    let seen = live.observe(&wanted).await.expect("observed");
    assert_eq!(seen.whole[0].state.get("elsewhere"), None);
    assert_eq!(seen.whole[1].state["elsewhere"], json!({"entry of a": "a"}));
}

#[tokio::test]
async fn edits_without_a_call_are_refused_before_anything_is_sent() {
    let live = live(fake_service());
    let have = FakeService::observed(&"a".into(), &Tags::new());
    let of = |operation: Option<&str>| {
        let edit = LeafEdit {
            entry: String::new(),
            path: "name".into(),
            operation: operation.map(str::to_owned),
            verb: Verb::Set,
            old: json!("x"),
            new: json!("y"),
            with: Tree::new(),
        };
        Edit::of_tags("name", String::new(), EditBody::Change(json!(edit)))
    };
    let call = [of(Some("x:Update")), of(None)];
    let error = live.edit(&have, &call).await.expect_err("refused");
    assert_eq!(error.class, Class::Rejected);
    assert_eq!(calls(&live), Vec::<String>::new());
    live.edit(&have, &[of(Some("x:Update")), of(Some("x:Update"))]).await.expect("sent");
    assert_eq!(calls(&live), ["send 2"], "one call for both");
}
