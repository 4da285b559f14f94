//! What lies in `deploy/` fits together, as far as reading can tell: no container engine runs here.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tidewaiter::config::Asked;
use tidewaiter::written::{Problems, Source, parse};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn parsed(path: &str) -> Value {
    let mut problems = Problems::of(path);
    let source = Source { name: path.into(), text: read(path).into() };
    let node = parse(&source, &mut problems);
    let problems = problems.sorted();
    assert!(problems.is_empty(), "{problems:?}");
    node.unwrap().to_json()
}

fn compose() -> Value {
    parsed("deploy/compose.yaml")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// (where it is here, where it is inside) of each file or folder that a service mounts.
fn mounts(service: &Value) -> Vec<(PathBuf, String)> {
    let split = |volume: &Value| {
        let mut parts = text(volume).split(':').map(str::to_owned);
        (parts.next().unwrap(), parts.next().unwrap())
    };
    let all = list(&service["volumes"]).iter().map(split);
    all.filter(|(from, _)| from.starts_with('.')).map(|(from, to)| (root().join("deploy").join(from), to)).collect()
}

#[test]
fn every_file_that_compose_mounts_or_builds_from_is_there() {
    let compose = compose();
    let mut seen = 0;
    for (name, service) in compose["services"].as_object().unwrap() {
        for (path, inside) in mounts(service) {
            assert!(path.exists(), "{name} mounts {} at {inside}", path.display());
            seen += 1;
        }
        for volume in list(&service["volumes"]).iter().map(text).filter(|volume| !volume.starts_with('.')) {
            let volume = volume.split(':').next().unwrap();
            assert!(compose["volumes"].get(volume).is_some(), "{name}: volume {volume} is not declared");
        }
        if let Some(build) = service.get("build") {
            let context = root().join("deploy").join(text(&build["context"]));
            assert!(context.join(text(&build["dockerfile"])).is_file(), "{name}: {build}");
        }
        let others: Vec<&str> = match &service["depends_on"] {
            Value::Object(others) => others.keys().map(String::as_str).collect(),
            others => list(others).iter().map(text).collect(),
        };
        for other in others {
            assert!(compose["services"].get(other).is_some(), "{name} waits for {other}");
        }
        assert!(service["restart"].is_string(), "{name} has no restart policy");
        for port in list(&service["ports"]).iter().map(text) {
            assert!(port.starts_with("127.0.0.1:"), "{name}: {port} is open to others");
        }
    }
    assert!(seen > 5, "{seen} mounts");
}

#[test]
fn hosts_and_ports_of_deploy_are_those_of_its_services() {
    let (compose, settings) = (compose(), parsed("deploy/tidewaiter.yaml"));
    let services = &compose["services"];
    let kafka = &services["kafka"]["environment"];
    let brokers = text(&settings["kafka"]["brokers"]);
    assert_eq!(kafka["KAFKA_ADVERTISED_LISTENERS"], format!("PLAINTEXT://{brokers}"));
    assert_eq!(services["feeder"]["environment"]["BROKERS"], brokers);
    assert!(read("deploy/feed.sh").contains(&format!("${{BROKERS:-{brokers}}}")));
    let (host, port) = brokers.split_once(':').unwrap();
    assert!(services.get(host).is_some(), "{host}");
    assert!(text(&kafka["KAFKA_LISTENERS"]).contains(&format!("PLAINTEXT://:{port},")));
    assert_eq!(kafka["KAFKA_CONTROLLER_QUORUM_VOTERS"], format!("1@{host}:9093"));

    let port = text(&settings["http"]["listen"]).rsplit(':').next().unwrap();
    let scraped = &parsed("deploy/prometheus/prometheus.yml")["scrape_configs"][0];
    assert_eq!(scraped["static_configs"][0]["targets"][0], format!("tidewaiter:{port}"));
    assert_eq!(services["tidewaiter"]["ports"][0], format!("127.0.0.1:{port}:{port}"));
    let image = read("deploy/Containerfile");
    assert!(image.contains(&format!("EXPOSE {port}\n")) && image.contains(&format!("/dev/tcp/127.0.0.1/{port};")));
    for kind in list(&settings["sources"]).iter().map(|source| text(&source["topic"]).split('.').next_back().unwrap()) {
        assert!(read("deploy/feed.sh").contains(&format!(" {kind}")), "nobody feeds {kind}");
    }

    let grafana = parsed("deploy/grafana/provisioning/datasources/prometheus.yaml");
    let source = &grafana["datasources"][0];
    assert_eq!(source["url"], "http://prometheus:9090");
    let dashboards =
        text(&parsed("deploy/grafana/provisioning/dashboards/tidewaiter.yaml")["providers"][0]["options"]["path"])
            .to_owned();
    let mounted = mounts(&services["grafana"]).into_iter().find(|(_, inside)| *inside == dashboards).unwrap();
    assert!(mounted.0.join("tidewaiter.json").is_file());
    let dashboard = read("deploy/grafana/dashboards/tidewaiter.json");
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    for panel in list(&dashboard["panels"]).iter().filter(|panel| panel["type"] != "row") {
        assert_eq!(panel["datasource"]["uid"], source["uid"], "{}", panel["title"]);
        assert!(
            panel["description"].is_string() && panel["fieldConfig"]["defaults"]["unit"].is_string(),
            "{}",
            panel["title"]
        );
    }
}

#[test]
fn the_broker_of_compose_is_the_one_that_tests_run_against() {
    let pom = read("tests/kafka/pom.xml");
    let version = pom.split("<kafka.version>").nth(1).and_then(|rest| rest.split('<').next()).unwrap();
    let compose = compose();
    for (name, service) in compose["services"].as_object().unwrap() {
        let image = text(&service["image"]);
        if image.starts_with("apache/kafka") {
            assert_eq!(image, format!("apache/kafka:{version}"), "{name}");
        }
    }
}

#[test]
fn the_image_is_built_from_what_is_there_and_from_all_that_the_program_embeds() {
    let image = read("deploy/Containerfile");
    let ignore = read("deploy/Containerfile.dockerignore");
    let mut copied = Vec::new();
    for line in image.lines().filter(|line| line.starts_with("COPY ") && !line.contains("--from")) {
        let words: Vec<&str> = line.split_whitespace().skip(1).collect();
        let (_, from) = words.split_last().unwrap();
        copied.extend(from.iter().map(|path| (*path).to_owned()));
    }
    for path in &copied {
        assert!(root().join(path).exists(), "{path}");
        assert!(ignore.lines().any(|line| line == format!("!{path}")), "{path} is ignored");
    }
    for needed in ["Cargo.toml", "Cargo.lock", "src", "benches", "config"] {
        assert!(copied.iter().any(|path| path == needed), "{needed} is not copied");
    }
    let oldest = read("Cargo.toml");
    let oldest = oldest.lines().find_map(|line| line.strip_prefix("rust-version = \"")).unwrap().trim_end_matches('"');
    assert!(image.contains(&format!("FROM rust:{oldest}-bookworm AS builder")), "not the stated Rust {oldest}");
}

#[test]
fn the_settings_of_compose_load_and_name_nothing_that_is_not_mounted() {
    let compose = compose();
    let service = &compose["services"]["tidewaiter"];
    let mut settings = read("deploy/tidewaiter.yaml");
    for (here, inside) in mounts(service) {
        settings = settings.replace(&inside, here.to_str().unwrap());
    }
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("tidewaiter.yaml");
    fs::write(&path, settings).unwrap();
    let config = Asked { config: Some(path), ..Asked::default() }.load().unwrap();
    assert_eq!(config.service.reference.len(), 2);
    for path in &config.service.reference {
        assert!(path.exists(), "{}", path.display());
    }
    assert_eq!(config.service.engine.lateness_hours, None, "the scenario is of 2024");
    let state =
        list(&service["volumes"]).iter().map(text).find_map(|volume| volume.strip_prefix("tidewaiter:")).unwrap();
    let http = config.service.http.unwrap();
    assert!(http.token_file.unwrap().starts_with(state));
    assert!(config.service.snapshots.unwrap().place.starts_with(state));
}
