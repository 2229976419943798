use std::collections::BTreeSet;

use super::{canned::Canned, *};

fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

async fn seen(server: &Canned, kind: LookupKind) -> Result<Vec<LookupItem>, CloudError> {
    fetch(&server.access().await, kind, &BTreeSet::new()).await
}

#[tokio::test]
async fn every_page_of_subnets_is_read_and_unusable_ones_are_left_out() {
    let server = Canned::answering([
        "<R><subnetSet><item><subnetId>subnet-1</subnetId><state>available</state>\
         <vpcId>vpc-1</vpcId><availabilityZone>eu-west-1a</availabilityZone>\
         <availabilityZoneId>euw1-az2</availabilityZoneId><tagSet><item><key>tier</key>\
         <value>private</value></item></tagSet></item>\
         <item><subnetId>subnet-2</subnetId><state>pending</state></item></subnetSet>\
         <nextToken>more</nextToken></R>",
        "<R><subnetSet><item><subnetId>subnet-3</subnetId><state>available</state></item>\
         <item><subnetId>subnet-4</subnetId><state>failed</state></item></subnetSet></R>",
    ]);
    let items = seen(&server, LookupKind::Subnet).await.expect("read");
    let ids: Vec<_> = items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, ["subnet-1", "subnet-3"]);
    assert_eq!(items[0].attributes["vpc"], "vpc-1");
    assert_eq!(items[0].attributes["zone"], "euw1-az2");
    assert_eq!(items[0].tags["tier"], "private");
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests.iter().all(|request| request.contains("MaxResults=1000")));
    assert!(requests[1].contains("NextToken=more"));
}

#[tokio::test]
async fn a_page_token_that_repeats_is_an_error_not_an_endless_loop() {
    let page = "<R><vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet><nextToken>t</nextToken></R>";
    let server = Canned::answering([page, page, page]);
    let error = seen(&server, LookupKind::Vpc).await.expect_err("refused");
    assert_eq!(error.class, Class::Unknown);
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_failed_page_fails_the_whole_listing() {
    let server = Canned::answering(["<R><vpcSet/><nextToken>t</nextToken></R>"]);
    server.then(
        403,
        "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error>\
         </Errors><RequestID>r</RequestID></Response>",
    );
    let error = seen(&server, LookupKind::Vpc).await.expect_err("no part of a listing");
    assert_eq!(error.class, Class::Denied);
    assert_eq!(error.operation, "ec2:DescribeVpcs");
}

#[tokio::test]
async fn route_tables_are_read_in_pages_of_a_hundred_with_their_vpc() {
    let server = Canned::answering([
        "<R><routeTableSet><item><routeTableId>rtb-1</routeTableId><vpcId>vpc-1</vpcId></item>\
         </routeTableSet></R>",
    ]);
    let items = seen(&server, LookupKind::RouteTable).await.expect("read");
    assert_eq!((items[0].id.as_str(), items[0].attributes["vpc"].as_str()), ("rtb-1", "vpc-1"));
    assert!(server.only_request().lines().any(|line| line == "MaxResults=100"));
}

#[tokio::test]
async fn a_prefix_list_that_is_not_made_yet_is_not_found() {
    let server = Canned::answering(["<R><prefixListSet><item><prefixListId>pl-1</prefixListId>\
         <prefixListName>com.amazonaws.eu-west-1.s3</prefixListName><state>create-complete</state>\
         </item><item><prefixListId>pl-2</prefixListId><state>create-in-progress</state></item>\
         <item><prefixListId>pl-3</prefixListId><state>modify-in-progress</state>\
         <maxEntries>40</maxEntries></item>\
         <item><prefixListId>pl-4</prefixListId><state>delete-in-progress</state></item>\
         </prefixListSet></R>"]);
    let items = seen(&server, LookupKind::PrefixList).await.expect("read");
    let ids: Vec<_> = items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, ["pl-1", "pl-3"]);
    assert_eq!(items[0].name.as_deref(), Some("com.amazonaws.eu-west-1.s3"));
    let most = |item: &LookupItem| item.attributes.get("maxEntries").cloned();
    assert_eq!(items.iter().map(most).collect::<Vec<_>>(), [None, Some("40".to_owned())]);
}

const ROOTS: &str = r#"{"Roots":[{"Id":"r-ab12","Name":"Root"}]}"#;

#[tokio::test]
async fn only_the_levels_that_the_paths_mention_are_read_each_parent_once() {
    let server = Canned::answering([
        ROOTS,
        // An empty page with a token: Organizations documents that this happens.
        r#"{"OrganizationalUnits":[],"NextToken":"t"}"#,
        r#"{"OrganizationalUnits":[{"Id":"ou-1","Name":"Workloads"},{"Id":"ou-2","Name":"Sandbox"}]}"#,
        r#"{"OrganizationalUnits":[{"Id":"ou-3","Name":"ML"}]}"#,
    ]);
    let wanted = names(["root", "/Workloads", "/Workloads/ML", "/Workloads/Gone", "/Nowhere/At"]);
    let access = server.access().await;
    let items = fetch(&access, LookupKind::OrganizationalUnit, &wanted).await.expect("read");
    let found: Vec<_> =
        items.iter().map(|item| (item.name.as_deref().unwrap_or(""), item.id.as_str())).collect();
    assert_eq!(found, [("root", "r-ab12"), ("/Workloads", "ou-1"), ("/Workloads/ML", "ou-3")]);
    let requests = server.requests();
    assert_eq!(requests.len(), 4, "{requests:#?}");
    assert!(requests[1].contains(r#""ParentId":"r-ab12""#), "{}", requests[1]);
    assert!(requests[3].contains(r#""ParentId":"ou-1""#), "{}", requests[3]);
}

#[tokio::test]
async fn the_root_alone_costs_one_call() {
    let server = Canned::answering([ROOTS]);
    let access = server.access().await;
    let items =
        fetch(&access, LookupKind::OrganizationalUnit, &names(["root"])).await.expect("read");
    assert_eq!(
        items,
        [LookupItem { id: "r-ab12".into(), name: Some("root".into()), ..LookupItem::default() }]
    );
    server.only_request();
}

fn account(id: &str, rest: &str) -> String {
    format!(r#"{{"Id":"{id}"{rest}}}"#)
}

#[tokio::test]
async fn where_every_account_says_where_it_is_one_paged_listing_is_enough() {
    let server = Canned::answering([r#"{"Accounts":[],"NextToken":"t"}"#]);
    let accounts = [
        account("1", r#","State":"ACTIVE","Paths":["o-1/r-ab12/1/"]"#),
        account(
            "2",
            r#","State":"SUSPENDED","Status":"ACTIVE","Paths":["o-1/r-ab12/ou-ab12-a/ou-ab12-b/"]"#,
        ),
        account("3", r#","Status":"PENDING_CLOSURE","Paths":["o-1/r-ab12/ou-ab12-a/3/"]"#),
        account("4", r#","State":"SOMETHING_NEW","Paths":["o-1/r-ab12/"]"#),
        account("5", r#","Paths":["o-1/r-ab12/"]"#),
        account("6", r#","State":"CLOSED","Paths":["o-1/r-ab12/"]"#),
        account("7", r#","State":"PENDING_ACTIVATION","Paths":["o-1/r-ab12/"]"#),
    ];
    server.then(200, &format!(r#"{{"Accounts":[{}]}}"#, accounts.join(",")));
    let tree = tree(&server.access().await).await.expect("read");
    assert_eq!(server.requests().len(), 2);
    assert!(server.requests()[1].contains(r#""NextToken":"t""#));
    assert_eq!(tree.open(), ["1", "4", "5", "7"].into());
    assert_eq!(tree.0["2"].above, names(["ou-ab12-a", "ou-ab12-b", "r-ab12"]));
    assert_eq!(tree.below(&names(["ou-ab12-a"])), ["2", "3"].into());
    assert_eq!(tree.below(&names(["ou-ab12-b", "1"])), ["1", "2"].into());
    assert_eq!(tree.below(&names(["r-ab12"])).len(), 7);
}

#[tokio::test(start_paused = true)]
async fn where_one_account_does_not_say_where_it_is_the_tree_is_walked() {
    let listed = [
        account("1", r#","State":"ACTIVE","Paths":["o-1/r-ab12/1/"]"#),
        account("2", r#","State":"ACTIVE""#),
    ];
    let server = Canned::default();
    server.then(200, &format!(r#"{{"Accounts":[{}]}}"#, listed.join(",")));
    for answer in [
        ROOTS,
        r#"{"Accounts":[],"NextToken":"t"}"#,
        r#"{"Accounts":[{"Id":"1","State":"ACTIVE"}]}"#,
        // Two units without a name are two units.
        r#"{"OrganizationalUnits":[{"Id":"ou-ab12-a"},{"Id":"ou-ab12-b"}]}"#,
        r#"{"Accounts":[{"Id":"2","State":"ACTIVE"}]}"#,
        r#"{"OrganizationalUnits":[]}"#,
        r#"{"Accounts":[{"Id":"3","State":"ACTIVE"}]}"#,
        r#"{"OrganizationalUnits":[{"Id":"ou-ab12-c"}]}"#,
        r#"{"Accounts":[{"Id":"4","State":"SUSPENDED"}]}"#,
        r#"{"OrganizationalUnits":[]}"#,
    ] {
        server.then(200, answer);
    }
    let tree = tree(&server.access().await).await.expect("read");
    assert_eq!(server.requests().len(), 11);
    assert_eq!(tree.0.len(), 4);
    assert_eq!(tree.below(&names(["ou-ab12-b"])), ["2"].into());
    assert_eq!(tree.below(&names(["ou-ab12-a"])), ["3", "4"].into());
    assert_eq!(tree.below(&names(["ou-ab12-c"])), ["4"].into());
    assert_eq!(tree.open(), ["1", "2", "3"].into());
}

#[tokio::test]
async fn a_part_of_an_organization_is_not_an_organization() {
    let server =
        Canned::answering([r#"{"Accounts":[{"Id":"1","Paths":["o-1/r-ab12/"]}],"NextToken":"t"}"#]);
    server.then(400, r#"{"__type":"AccessDeniedException","Message":"no"}"#);
    let error = tree(&server.access().await).await.expect_err("half of it");
    assert_eq!((error.class, error.operation), (Class::Denied, "organizations:ListAccounts"));
    let empty = Canned::answering([r#"{"Accounts":[]}"#]);
    let error = tree(&empty.access().await).await.expect_err("nobody manages it");
    assert_eq!(error.class, Class::Unknown);
}

#[cfg(feature = "simulator")]
#[tokio::test]
async fn places_of_a_deep_organization_are_found_by_path_page_by_page() {
    use crate::{
        aws::{Brake, Connection, Guard},
        kind::ScopeFacts,
        simulator::Simulator,
    };

    let simulator = Simulator::default();
    let config = simulator.sdk_config("999988887777", "us-east-1");
    let facts = ScopeFacts {
        name: "org".into(),
        account: "999988887777".into(),
        region: "us-east-1".into(),
        partition: "aws".into(),
    };
    // What others do goes around the guard, which knows only palisade's own operations.
    let client = &aws_sdk_organizations::Client::new(&config);
    let guard = Guard::writing(Brake::default());
    let access = Connection::new(config, guard).access(facts, None).await;
    let roots = client.list_roots().send().await.expect("roots").roots.expect("roots");
    let root = roots[0].id.clone().expect("its id");
    let mut ids = Vec::new();
    // More than one page of siblings, and a child below the last of them.
    for index in 0..25 {
        let call =
            client.create_organizational_unit().parent_id(&root).name(format!("U{index:02}"));
        let unit = call.send().await.expect("a unit").organizational_unit.expect("it");
        ids.push(unit.id.expect("its id"));
    }
    let call = client.create_organizational_unit().parent_id(&ids[24]).name("ML");
    let unit = call.send().await.expect("a unit").organizational_unit.expect("it");
    simulator.clear_calls();
    let wanted = names(["/U24", "/U24/ML", "/U24/Gone", "root"]);
    let items = fetch(&access, LookupKind::OrganizationalUnit, &wanted).await.expect("read");
    let found: Vec<_> = items.into_iter().filter_map(|item| Some((item.name?, item.id))).collect();
    let expected =
        [("root", root), ("/U24", ids[24].clone()), ("/U24/ML", unit.id.expect("its id"))];
    assert_eq!(found, expected.map(|(name, id)| (name.to_owned(), id)));
    let calls = simulator.calls().len();
    assert!((4..=6).contains(&calls), "one listing of the roots and of each parent: {calls}");
}
