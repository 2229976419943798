//! The life of one resource of a type: made, changed by hand and put back, changed by its manifest, deleted.

use super::*;
use palisade::plan::render;

/// A type in the life of a platform.
pub struct Case {
    pub kind: &'static str,
    pub scope: &'static str,
    pub lifecycle: &'static str,
    /// What there must be before, by another manifest.
    pub before: &'static str,
    pub first: &'static str,
    pub then: &'static str,
    /// A path that somebody changes, and to what.
    pub by_hand: (&'static str, Value),
    /// Whether the second manifest needs no consent.
    pub goes: bool,
    /// Whether a tombstone deletes it.
    pub is_deleted: bool,
}

pub const CASE: Case = Case {
    kind: "",
    scope: "ml-prod",
    lifecycle: "",
    before: "",
    first: "",
    then: "",
    by_hand: ("", Value::Null),
    goes: true,
    is_deleted: true,
};

impl Case {
    pub fn manifest(&self, properties: &str, state: &str) -> String {
        let lifecycle = [self.lifecycle, state].into_iter().filter(|it| !it.is_empty());
        let lifecycle = lifecycle.collect::<Vec<_>>().join(", ");
        let text =
            manifest(self.kind, "it", &lifecycle, &format!("{{properties: {{{properties}}}}}"));
        format!("{}{}", self.before, text.replace("ml-prod", self.scope))
    }

    fn hands(&self, world: &World, service: &'static str, operation: &str, input: &Value) -> Value {
        if self.scope == "org" {
            Hands::identity_center(&world.simulator, service)
                .call(operation, input)
                .expect("an answer")
        } else {
            world.aws(service, operation, input)
        }
    }

    /// The identifiers of all of the type.
    pub fn all(&self, world: &World) -> Vec<String> {
        let input = json!({"TypeName": self.kind});
        let answer = self.hands(world, "cloudcontrolapi", "ListResources", &input);
        list(&answer, "ResourceDescriptions").iter().map(|it| string(it, "Identifier")).collect()
    }

    fn live(&self, world: &World, id: &str) -> Value {
        let input = json!({"TypeName": self.kind, "Identifier": id});
        let answer = self.hands(world, "cloudcontrolapi", "GetResource", &input);
        let text = string(&answer["ResourceDescription"], "Properties");
        serde_json::from_str(&text).expect("JSON")
    }

    fn change(&self, world: &World, id: &str, path: &str, value: &Value) {
        let patch = json!([{"op": "add", "path": format!("/{path}"), "value": value}]);
        let input =
            json!({"TypeName": self.kind, "Identifier": id, "PatchDocument": patch.to_string()});
        self.hands(world, "cloudcontrolapi", "UpdateResource", &input);
    }

    pub async fn lives(&self) {
        let world = World::with(&self.manifest(self.first, ""));
        let mut engine = world.engine().await;
        in_the_end(&mut engine).await;
        until_quiet(&mut engine).await.in_order();
        let all = self.all(&world);
        assert_eq!(all.len(), 1, "{}", self.kind);
        let made = self.live(&world, &all[0]);
        world.writes();
        // What somebody changes is put back.
        let (path, value) = &self.by_hand;
        self.change(&world, &all[0], path, value);
        a_while(60).await;
        assert_ne!(self.live(&world, &all[0])[*path], made[*path], "{}", self.kind);
        world.writes();
        in_the_end(&mut engine).await;
        assert_eq!(world.writes(), ["UpdateResource"], "{}", self.kind);
        let same = |one: &Value, other: &Value| sorted(one) == sorted(other);
        let live = self.live(&world, &all[0]);
        assert!(same(&live[*path], &made[*path]), "{}: {live}", self.kind);
        // Another manifest changes it.
        world.write("main.yaml", self.manifest(self.then, ""));
        let reports = in_the_end(&mut engine).await;
        if self.goes {
            assert_eq!(world.writes(), ["UpdateResource"], "{}", self.kind);
            until_quiet(&mut engine).await.in_order();
        } else {
            held(reports.last().expect("a report"), &format!("{}/{}/it", self.scope, self.kind));
            assert_eq!(world.writes(), [""; 0], "{}", self.kind);
        }
        world.write("main.yaml", self.manifest(self.then, "state: absent"));
        let reports = in_the_end(&mut engine).await;
        let plan = render::text(&reports.last().expect("a report").plan);
        assert_eq!(self.all(&world).is_empty(), self.is_deleted, "{}: {plan}", self.kind);
    }
}

/// Lists in an order of their own: AWS returns them in another one each time.
fn sorted(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let mut items: Vec<String> = items.iter().map(sorted).collect();
            items.sort();
            items.join(",")
        }
        other => other.to_string(),
    }
}
