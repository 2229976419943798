//! Route tables: what leads out of a private network, and who uses which table.

use palisade::{
    plan::{Action, Cause, Verdict, WaitReason},
    simulator::{Deed, Effect, Fault, example},
};
use serde_json::{Value, json};

use crate::world::{World, conflict, held, list, steps, string, until_quiet, waiting};

const PRIVATE: &str = "ml-prod/RouteTable/private";

fn table(name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: palisade.dev/v1alpha1\nkind: RouteTable\nmetadata: {{name: {name}, scope: ml-prod}}\n\
         spec: {{vpc: {{lookup: {{tags: {{Name: ml}}}}}}, {spec}}}\n"
    )
}

fn private(routes: &str) -> String {
    table("private", &format!("routes: [{routes}]"))
}

const TRANSIT: &str = "{to: 10.0.0.0/8, via: tgw-0a000000}";

/// The table of ours, as EC2 shows it.
fn live(world: &World, name: &str) -> Value {
    let filter =
        json!([{"Name": "tag:palisade:address", "Value": [format!("ml-prod/RouteTable/{name}")]}]);
    let tables =
        list(&world.ec2("DescribeRouteTables", &json!({"Filter": filter})), "routeTableSet");
    assert_eq!(tables.len(), 1, "tables {name}");
    tables[0].clone()
}

fn id(world: &World, name: &str) -> String {
    string(&live(world, name), "routeTableId")
}

fn attached_gateway(world: &World) -> String {
    let made = world.ec2("CreateInternetGateway", &json!({}));
    let gateway = string(&made["internetGateway"], "internetGatewayId");
    let attach = json!({"InternetGatewayId": gateway, "VpcId": world.vpc()});
    world.ec2("AttachInternetGateway", &attach);
    gateway
}

fn subnet(world: &World, block: &str) -> String {
    let made = world.ec2("CreateSubnet", &json!({"VpcId": world.vpc(), "CidrBlock": block}));
    string(&made["subnet"], "subnetId")
}

#[tokio::test(start_paused = true)]
async fn a_way_to_the_internet_that_somebody_opens_is_closed_without_asking() {
    let world = World::with(&private(TRANSIT));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreateRouteTable", "CreateRoute"]);
    let gateway = attached_gateway(&world);
    let opened = json!({"RouteTableId": id(&world, "private"), "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway});
    world.ec2("CreateRoute", &opened);
    let report = engine.pass().await;
    assert_eq!(world.writes(), ["DeleteRoute"]);
    assert!(steps(&report, PRIVATE).iter().all(|step| step.cause == Cause::Drift));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_route_that_somebody_leads_elsewhere_is_led_back_in_one_call() {
    let world = World::with(&private(TRANSIT));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    let change = json!({"RouteTableId": id(&world, "private"), "DestinationCidrBlock": "10.0.0.0/8", "TransitGatewayId": "tgw-0b000000"});
    world.ec2("ReplaceRoute", &change);
    engine.pass().await;
    assert_eq!(world.writes(), ["ReplaceRoute"]);
    until_quiet(&mut engine).await.in_order();
}

#[tokio::test(start_paused = true)]
async fn what_aws_puts_in_is_left_alone() {
    let endpoint = "---\napiVersion: palisade.dev/v1alpha1\nkind: VpcEndpoint\nmetadata: {name: s3, scope: ml-prod}\n\
         spec: {type: Gateway, service: s3, vpc: {lookup: {tags: {Name: ml}}}, routeTables: [{ref: private}], policy: default}\n";
    let world = World::with(&format!("{}{endpoint}", private(TRANSIT)));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await;
    let gateways = world.ec2("DescribeVpcEndpoints", &json!({}));
    assert_eq!(list(&gateways, "vpcEndpointSet").len(), 1);
    world.writes();
    let quiet = until_quiet(&mut engine).await;
    quiet.in_order();
    assert_eq!(world.writes(), [""; 0]);
    let routes = list(&live(&world, "private"), "routeSet");
    assert_eq!(routes.len(), 3, "local, transit and the endpoint's: {routes:?}");
}

#[tokio::test(start_paused = true)]
async fn a_subnet_that_somebody_has_elsewhere_is_a_conflict_and_stays_there() {
    // The network's own table has the private subnets.
    let world = World::with(&table("private", "subnets: {lookup: {tags: {tier: private}}}"));
    let mut engine = world.engine().await;
    let report = engine.pass().await;
    assert!(!conflict(&report, PRIVATE).is_empty());
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_subnet_goes_from_one_table_of_ours_to_another_in_one_call() {
    let mut world = World::empty();
    world.settings.gate.hold_risks.clear();
    let own = subnet(&world, "10.20.192.0/24");
    let both = |first: &str, second: &str| {
        format!(
            "{}{}",
            table("first", &format!("routes: null, subnets: [{first}]")),
            table("second", &format!("routes: null, subnets: [{second}]"))
        )
    };
    world.write("main.yaml", both(&own, ""));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreateRouteTable", "CreateRouteTable", "AssociateRouteTable"]);
    world.write("main.yaml", both("", &own));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["ReplaceRouteTableAssociation"]);
}

#[tokio::test(start_paused = true)]
async fn a_subnet_does_not_go_back_to_a_main_table_that_leads_out() {
    let mut world = World::empty();
    world.settings.gate.hold_risks.clear();
    let own = subnet(&world, "10.20.192.0/24");
    world.write("main.yaml", table("private", &format!("routes: null, subnets: [{own}]")));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let filter = json!([{"Name": "association.main", "Value": ["true"]}, {"Name": "vpc-id", "Value": [world.vpc()]}]);
    let mains =
        list(&world.ec2("DescribeRouteTables", &json!({"Filter": filter})), "routeTableSet");
    let main = string(&mains[0], "routeTableId");
    let gateway = attached_gateway(&world);
    let out =
        json!({"RouteTableId": main, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway});
    world.ec2("CreateRoute", &out);
    world.writes();
    world.write("main.yaml", table("private", "routes: null, subnets: null"));
    let report = engine.pass().await;
    assert_eq!(world.writes(), [""; 0]);
    let why = waiting(&report, PRIVATE);
    assert!(why.contains("0.0.0.0/0"), "{why}");
    world.ec2("DeleteRoute", &json!({"RouteTableId": main, "DestinationCidrBlock": "0.0.0.0/0"}));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["DisassociateRouteTable"]);
}

#[tokio::test(start_paused = true)]
async fn moving_subnets_waits_for_consent_because_it_cuts_connections() {
    let world = World::empty();
    let own = subnet(&world, "10.20.192.0/24");
    world.write("main.yaml", table("private", "routes: null"));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    world.write("main.yaml", table("private", &format!("routes: null, subnets: [{own}]")));
    let report = until_quiet(&mut engine).await.reports.pop().expect("a pass");
    let (step, _) = held(&report, PRIVATE);
    assert_eq!(world.writes(), [""; 0]);
    let mut engine = world.engine_approving(&[&step.digest]).await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["AssociateRouteTable"]);
}

#[tokio::test(start_paused = true)]
async fn a_new_table_that_takes_subnets_waits_for_consent_as_a_whole() {
    let world = World::empty();
    let own = subnet(&world, "10.20.192.0/24");
    let routes = format!("routes: [{TRANSIT}], subnets: [{own}]");
    world.write("main.yaml", table("private", &routes));
    let mut engine = world.engine().await;
    let report = until_quiet(&mut engine).await.reports.pop().expect("a pass");
    let (step, _) = held(&report, PRIVATE);
    assert_eq!(step.action.verb(), "create");
    assert_eq!(world.writes(), [""; 0]);
    // Without subnets nobody is cut off.
    world.write("main.yaml", private(TRANSIT));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreateRouteTable", "CreateRoute"]);
}

#[tokio::test(start_paused = true)]
async fn a_local_route_that_somebody_leads_elsewhere_is_led_back() {
    let world = World::with(&private(TRANSIT));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    let made = json!({"SubnetId": subnet(&world, "10.20.192.0/24")});
    let interface = world.ec2("CreateNetworkInterface", &made);
    let interface = string(&interface["networkInterface"], "networkInterfaceId");
    let table = id(&world, "private");
    let local = json!({"RouteTableId": table, "DestinationCidrBlock": "10.20.0.0/16", "NetworkInterfaceId": interface});
    world.ec2("ReplaceRoute", &local);
    engine.pass().await;
    assert_eq!(world.writes(), ["ReplaceRoute"]);
    until_quiet(&mut engine).await.in_order();
    let routes = list(&live(&world, "private"), "routeSet");
    let back = routes.iter().find(|route| route["destinationCidrBlock"] == "10.20.0.0/16");
    assert_eq!(back.expect("the local route")["gatewayId"], "local");
}

#[tokio::test(start_paused = true)]
async fn a_subnet_that_somebody_moves_meanwhile_stays_where_they_put_it() {
    let mut world = World::empty();
    world.settings.gate.hold_risks.clear();
    let own = subnet(&world, "10.20.192.0/24");
    world.write("main.yaml", table("private", &format!("routes: null, subnets: [{own}]")));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let made = world.ec2("CreateRouteTable", &json!({"VpcId": world.vpc()}));
    let theirs = string(&made["routeTable"], "routeTableId");
    let associations = list(&live(&world, "private"), "associationSet");
    let association = string(&associations[0], "routeTableAssociationId");
    world.writes();
    // Between the listing and the call: the second look is for obstacles, the third for the association.
    let moving = json!({"AssociationId": association, "RouteTableId": theirs});
    let deed = Deed::new(move |world| {
        let (account, region) = (example::ML_ACCOUNT, example::REGION);
        world.act(account, region, "ec2", "ReplaceRouteTableAssociation", &moving).expect("moved");
    });
    world.simulator.inject(Fault::new("DescribeRouteTables", Effect::Meanwhile(deed)).nth(3));
    world.write("main.yaml", table("private", "routes: null, subnets: null"));
    until_quiet(&mut engine).await.in_order();
    assert!(!world.writes().contains(&"DisassociateRouteTable".to_owned()));
    let filter = json!([{"Name": "association.subnet-id", "Value": [own]}]);
    let tables = world.ec2("DescribeRouteTables", &json!({"Filter": filter}));
    assert_eq!(string(&list(&tables, "routeTableSet")[0], "routeTableId"), theirs);
}

fn private_gateway(world: &World) -> String {
    let made = world.ec2("CreateVpnGateway", &json!({"Type": "ipsec.1"}));
    let gateway = string(&made["vpnGateway"], "vpnGatewayId");
    let attach = json!({"VpnGatewayId": gateway, "VpcId": world.vpc()});
    world.ec2("AttachVpnGateway", &attach);
    gateway
}

#[tokio::test(start_paused = true)]
async fn what_a_gateway_learns_is_no_drift_and_a_gateway_that_nobody_wants_is_shut_out() {
    let mut world = World::empty();
    world.settings.gate.hold_risks.clear();
    let gateway = private_gateway(&world);
    let learns = |world: &World, range: &str| {
        let (account, region) = (example::ML_ACCOUNT, example::REGION);
        let learned = world
            .simulator
            .with(|world| world.ec2.announce_route(account, region, &gateway, range));
        assert!(learned);
    };
    let spec = |gateways: &str| {
        table("private", &format!("routes: [{TRANSIT}], propagating: [{gateways}]"))
    };
    world.write("main.yaml", spec(&gateway));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreateRouteTable", "CreateRoute", "EnableVgwRoutePropagation"]);
    learns(&world, "192.168.0.0/16");
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), [""; 0]);
    assert_eq!(list(&live(&world, "private"), "routeSet").len(), 3);
    world.write("main.yaml", spec(""));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["DisableVgwRoutePropagation"]);
    let open = json!({"RouteTableId": id(&world, "private"), "GatewayId": gateway});
    world.ec2("EnableVgwRoutePropagation", &open);
    world.writes();
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["DisableVgwRoutePropagation"]);
}

#[tokio::test(start_paused = true)]
async fn what_comes_in_through_a_gateway_is_routed_by_its_table_again() {
    let mut world = World::empty();
    world.settings.gate.hold_risks.clear();
    let gateway = attached_gateway(&world);
    let inspection = json!({"SubnetId": subnet(&world, "10.20.192.0/24")});
    let made = world.ec2("CreateNetworkInterface", &inspection);
    let interface = string(&made["networkInterface"], "networkInterfaceId");
    subnet(&world, "10.20.193.0/24");
    let routes = format!("routes: [{{to: 10.20.193.0/24, via: {interface}}}]");
    world.write("main.yaml", table("edge", &format!("{routes}, gateways: [{gateway}]")));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreateRouteTable", "CreateRoute", "AssociateRouteTable"]);
    let association =
        string(&list(&live(&world, "edge"), "associationSet")[0], "routeTableAssociationId");
    world.ec2("DisassociateRouteTable", &json!({"AssociationId": association}));
    world.writes();
    engine.pass().await;
    assert_eq!(world.writes(), ["AssociateRouteTable"]);
    until_quiet(&mut engine).await.in_order();
    world.write("main.yaml", table("edge", &format!("{routes}, gateways: null")));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["DisassociateRouteTable"]);
    assert_eq!(list(&live(&world, "edge"), "associationSet").len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_route_whose_target_is_gone_is_said_and_stays() {
    let world = World::empty();
    let gateway = private_gateway(&world);
    world.write("main.yaml", private(&format!("{{to: 172.16.0.0/12, via: {gateway}}}")));
    let mut engine = world.engine().await;
    assert!(until_quiet(&mut engine).await.in_order().plan.notes.is_empty());
    let away = json!({"VpnGatewayId": gateway, "VpcId": world.vpc()});
    world.ec2("DetachVpnGateway", &away);
    world.writes();
    let quiet = until_quiet(&mut engine).await;
    let report = quiet.in_order();
    assert_eq!(world.writes(), [""; 0]);
    let address = PRIVATE.parse().expect("an address");
    assert_eq!(
        report.plan.notes[&address],
        [format!("the route to 172.16.0.0/12 leads nowhere: {gateway} is gone, or not attached")]
    );
    assert!(palisade::plan::render::text(&report.plan).contains("leads nowhere"));
}

#[tokio::test(start_paused = true)]
async fn the_main_table_is_never_deleted() {
    let mut world = World::empty();
    world.settings.gate.hold_risks.clear();
    let filter = json!([{"Name": "association.main", "Value": ["true"]}, {"Name": "vpc-id", "Value": [world.vpc()]}]);
    let mains =
        list(&world.ec2("DescribeRouteTables", &json!({"Filter": filter})), "routeTableSet");
    let main = string(&mains[0], "routeTableId");
    let manifest = |lifecycle: &str| {
        let with = format!("lifecycle: {{adopt: {main}{lifecycle}}}\nspec:");
        table("main", "routes: null").replace("spec:", &with)
    };
    world.write("main.yaml", manifest(""));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(id(&world, "main"), main);
    world.writes();
    world.write("main.yaml", manifest(", state: absent"));
    let report = until_quiet(&mut engine).await.reports.pop().expect("a pass");
    assert!(waiting(&report, "ml-prod/RouteTable/main").contains("the main route table"));
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_subnet_waits_for_a_route_that_has_no_destination_yet() {
    let mut world = World::with(&table("private", "routes: null"));
    world.settings.gate.hold_risks.clear();
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    let own = subnet(&world, "10.20.192.0/24");
    let list = "{to: {lookup: {name: nowhere}}, via: tgw-0a}";
    let spec = format!("routes: [{TRANSIT}, {list}], subnets: [{own}]");
    world.write("main.yaml", table("private", &spec));
    until_quiet(&mut engine).await;
    assert_eq!(world.writes(), ["CreateRoute"]);
    let spec = format!("routes: [{TRANSIT}], subnets: [{own}]");
    world.write("main.yaml", table("private", &spec));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["AssociateRouteTable"]);
}

#[tokio::test(start_paused = true)]
async fn a_route_of_a_table_that_nothing_uses_goes_without_asking() {
    let both = format!("{TRANSIT}, {{to: 172.16.0.0/12, via: tgw-0a}}");
    let world = World::with(&private(&both));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    world.write("main.yaml", private(TRANSIT));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["DeleteRoute"]);
}

#[tokio::test(start_paused = true)]
async fn a_route_of_a_prefix_list_to_a_balancer_endpoint_is_seen_once_it_is_there() {
    const SERVICE: &str = "com.amazonaws.vpce.eu-west-1.vpce-svc-0123456789abcdef0";
    let options = palisade::simulator::Options {
        acceptance_required: [SERVICE.to_owned()].into(),
        ..palisade::simulator::Options::default()
    };
    let world = World::over(options);
    let own = subnet(&world, "10.20.192.0/24");
    let made = world.ec2(
        "CreateVpcEndpoint",
        &json!({
            "VpcEndpointType": "GatewayLoadBalancer", "ServiceName": SERVICE, "VpcId": world.vpc(),
            "SubnetId": [own],
        }),
    );
    let endpoint = string(&made["vpcEndpoint"], "vpcEndpointId");
    let made = world.ec2(
        "CreateManagedPrefixList",
        &json!({"PrefixListName": "offices", "AddressFamily": "IPv4", "MaxEntries": "3"}),
    );
    let offices = string(&made["prefixList"], "prefixListId");
    let route = format!("{{to: {offices}, via: {endpoint}}}");
    world.write("main.yaml", private(&route));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreateRouteTable", "CreateRoute"]);
    // The owner of the list is asked for once.
    world.calls();
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.reads().get("ec2:DescribeManagedPrefixLists"), None);
    world.write("main.yaml", private(""));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["DeleteRoute"]);
}

fn names_what_is_not_there(report: &palisade::engine::Report) -> bool {
    let is = |wait: &palisade::plan::Wait| matches!(wait.reason, WaitReason::NotThere { .. });
    let steps = report.plan.steps.iter();
    let mut waits = steps.filter_map(|step| match &step.verdict {
        Verdict::Waiting(why) => Some(why),
        _ => None,
    });
    waits.any(|why| why.iter().any(is))
}

#[tokio::test(start_paused = true)]
async fn a_target_that_does_not_exist_is_waited_for_and_at_last_left_to_people() {
    let world = World::with(&private("{to: 10.0.0.0/8, via: pcx-0123456789abcdef0}"));
    let mut engine = world.engine().await;
    let mut report = engine.pass().await;
    let begun = tokio::time::Instant::now();
    while !names_what_is_not_there(&report) {
        assert!(begun.elapsed() < std::time::Duration::from_mins(2), "it goes on and on");
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
        report = engine.pass().await;
    }
    assert!(report.plan.needs_a_person() && !report.will_move());
    // It is asked for again, in case somebody makes it.
    world.writes();
    tokio::time::advance(std::time::Duration::from_secs(31)).await;
    engine.pass().await;
    assert_eq!(world.writes(), ["CreateRoute"]);
}

#[tokio::test(start_paused = true)]
async fn a_conflict_about_a_subnet_says_which_table_it_uses_and_what_to_do() {
    let world = World::with(&table("private", "subnets: {lookup: {tags: {tier: private}}}"));
    let mut engine = world.engine().await;
    let report = engine.pass().await;
    let [conflict] = &report.plan.conflicts[..] else { panic!("one conflict") };
    let id = conflict.ids.first().expect("a table").to_string();
    assert!(conflict.why.starts_with("subnet-"), "{}", conflict.why);
    assert!(
        conflict.why.ends_with(&format!(" uses {id}, which carries no claim")),
        "{}",
        conflict.why
    );
    assert!(conflict.help.contains("out of this manifest"), "{}", conflict.help);
}

#[tokio::test(start_paused = true)]
async fn consent_to_a_new_table_is_also_for_the_routes_and_subnets_that_it_showed() {
    let world = World::empty();
    let own = subnet(&world, "10.20.192.0/24");
    let text =
        |subnets: &str| table("private", &format!("routes: [{TRANSIT}], subnets: [{subnets}]"));
    world.write("main.yaml", text(&own));
    let mut engine = world.engine().await;
    let report = until_quiet(&mut engine).await.reports.pop().expect("a pass");
    let (step, _) = held(&report, PRIVATE);
    let Action::Create { lines, .. } = &step.action else { panic!("a create") };
    let lines: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
    let route = "routes: 10.0.0.0/8 to transit gateway tgw-0a000000";
    assert!(lines.contains(&route), "{lines:?}");
    let digest = step.digest.clone();
    world.writes();
    let mut engine = world.engine_approving(&[&digest]).await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreateRouteTable", "CreateRoute", "AssociateRouteTable"]);
    // What comes later was not shown.
    let second = subnet(&world, "10.20.193.0/24");
    world.write("main.yaml", text(&format!("{own}, {second}")));
    let report = until_quiet(&mut engine).await.reports.pop().expect("a pass");
    held(&report, PRIVATE);
    assert_eq!(world.writes(), [""; 0]);
}
