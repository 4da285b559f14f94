//! The shipped catalogue and small ones of our own.

use std::sync::LazyLock;

use super::*;

static SHIPPED: LazyLock<Catalogue> = LazyLock::new(|| {
    let source = |name: &str, text: &str| Source { name: name.into(), text: text.to_owned().into() };
    Catalogue::read(
        &source("chips.csv", include_str!("../../config/catalogue/chips.csv")),
        &source("skus.csv", include_str!("../../config/catalogue/skus.csv")),
        &source("controls.yaml", include_str!("../../config/controls.yaml")),
    )
    .unwrap_or_else(|problems| panic!("{problems}"))
});

fn meaning(provider: &str, sku: &str) -> String {
    match SHIPPED.sku(&Provider::new(provider), &Sku::new(sku)) {
        SkuMeaning::Accelerator { chip, count } => format!("{} x {}", count.0, chip.name),
        SkuMeaning::Ordinary => "ordinary".into(),
        SkuMeaning::Unknown => "unknown".into(),
    }
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn class(catalogue: &Catalogue, chip: &str, on: &str) -> &'static str {
    catalogue.control(catalogue.chip(chip).unwrap(), day(on)).class.as_str()
}

#[test]
fn skus_of_the_table_are_found_in_every_form_providers_write() {
    for (provider, sku, expected) in [
        ("aws", "p5.48xlarge", "8 x H100-80GB-SXM"),
        ("aws", " P5.48XLARGE ", "8 x H100-80GB-SXM"),
        ("aws", "ml.p5.48xlarge", "8 x H100-80GB-SXM"),
        ("aws-sagemaker", "ml.p5.48xlarge", "8 x H100-80GB-SXM"),
        ("aws", "USE1-BoxUsage:p5.48xl", "8 x H100-80GB-SXM"),
        ("aws", "ml.g5.8xlarge-Cluster", "1 x A10G"),
        ("aws", "trn1.32xlarge", "16 x Trainium1"),
        ("aws", "inf2.xlarge", "1 x Inferentia2"),
        ("aws", "g6f.large", "0.125 x L4"),
        ("azure", "Standard_ND96isr_H100_v5", "8 x H100-80GB-SXM"),
        ("azure", "ND96isr H100 v5 Spot", "8 x H100-80GB-SXM"),
        ("azure", "nd96isr_h100_v5", "8 x H100-80GB-SXM"),
        ("azure", "Standard_NV6ads_A10_v5", "0.167 x A10"),
        ("azure", "Standard_NC24_Promo", "4 x K80"),
        ("gcp", "a3-highgpu-8g", "8 x H100-80GB-SXM"),
        ("gcp", "nvidia-tesla-t4", "1 x T4"),
        ("gcp", "v6e-256", "256 x TPU-v6e"),
        ("gcp", "v5p-128", "64 x TPU-v5p"),
        ("gcp", "Nvidia H100 80GB GPU running in Americas", "1 x H100-80GB-SXM"),
        ("gcp", "Nvidia Tesla A100 GPU attached to Spot Preemptible VMs running in Iowa", "1 x A100-40GB-SXM"),
        ("gcp", "Nvidia Tesla A100 80GB GPU running in Iowa", "1 x A100-80GB-SXM"),
        ("oci", "bm.gpu.h100.8", "8 x H100-80GB-SXM"),
        ("oci", "B98415", "1 x H100-80GB-SXM"),
        ("runpod", "8x_H100-SXM_SECURE", "8 x H100-80GB-SXM"),
        ("nebius", "gpu-b300-sxm_8gpu-192vcpu-2768gb", "8 x B300"),
        ("corp-cloud", "h100.8", "8 x H100-80GB-SXM"),
        ("corp-cloud", "8xH100", "8 x H100-80GB-SXM"),
        ("corp-cloud", "h20x16", "16 x H20-96GB"),
        ("corp-cloud", "mi300x.8", "8 x MI300X"),
        ("corp-cloud", "A100-80GB-SXM.4", "4 x A100-80GB-SXM"),
        ("corp-cloud", "H200", "1 x H200-141GB-SXM"),
    ] {
        assert_eq!(meaning(provider, sku), expected, "{provider} {sku}");
    }
}

#[test]
fn what_looks_like_an_accelerator_is_never_ordinary() {
    for (provider, sku) in [
        ("aws", "p9.48xlarge"),
        ("aws", "ml.p9.48xlarge"),
        ("aws", "USE1-BoxUsage:p9.48xl"),
        ("aws", "g9e.2xlarge"),
        ("aws", "trn4.48xlarge"),
        ("aws", "inf3.xlarge"),
        ("aws", "u-p7e-gb500x72"),
        ("azure", "Standard_ND192isr_B400_v7"),
        ("azure", "Standard_NC48ads_X1_v6"),
        ("azure", "Standard_NV6ads_A11_v6"),
        ("azure", "ND192isr v7 Low Priority"),
        ("azure", "Virtual Machines NDsrB400v7 Series Linux"),
        ("gcp", "a5-highgpu-8g"),
        ("gcp", "g5-standard-48"),
        ("gcp", "ct8-hightpu-4t"),
        ("gcp", "v8x-256"),
        ("gcp", "TpuV8 running in Americas"),
        ("oci", "BM.GPU.B400.8"),
        ("alibaba", "ecs.gn9z.4xlarge"),
        ("lambda", "gpu_16x_h400"),
        ("corp-cloud", "h400.8"),
        ("corp-cloud", "accel-gb300-large"),
        ("corp-cloud", "big-gpu-node"),
        ("corp-cloud", ""),
    ] {
        assert_eq!(meaning(provider, sku), "unknown", "{provider} {sku}");
    }
}

#[test]
fn ordinary_skus_stay_ordinary() {
    for (provider, skus) in [
        (
            "aws",
            &[
                "m5.large",
                "t3.micro",
                "t2.small.elasticsearch",
                "t4g.medium",
                "c5n.18xlarge",
                "r5.2xlarge",
                "x2gd.metal",
                "x1e.xlarge",
                "i4g.large",
                "m6gd.large",
                "c7gn.large",
                "hpc7g.4xlarge",
                "hpc6a.48xlarge",
                "d3en.xlarge",
                "h1.2xlarge",
                "z1d.large",
                "mac1.metal",
                "a1.large",
                "u-6tb1.56xlarge",
                "is4gen.large",
                "im4gn.large",
                "db.r5.large",
                "cache.m5.large",
                "ml.m5.large",
                "USW2-BoxUsage:c5.xl",
                "TimedStorage-ByteHrs",
                "DataTransfer-Out-Bytes",
                "USE1-MP:USE1_OutputTokenCount-Units",
                "Fargate-vCPU-Hours:perCPU",
                "dc2.8xlarge",
                "ra3.4xlarge",
            ][..],
        ),
        (
            "azure",
            &[
                "Standard_D4s_v5",
                "Standard_B2ms",
                "Standard_E64is_v3",
                "Standard_F16s_v2",
                "Standard_L8s_v3",
                "Standard_M128ms",
                "Standard_HB120rs_v3",
                "Standard_HC44rs",
                "Standard_H16r",
                "Standard_A10",
                "Standard_A4_v2",
                "Standard_DC4s_v2",
                "Standard_G5",
                "Standard_GS5",
                "Basic_A1",
                "D4s v5 Spot",
                "Virtual Machines Dsv5 Series",
                "P10 LRS Disk",
            ],
        ),
        (
            "gcp",
            &[
                "n2-standard-4",
                "n1-highmem-96",
                "e2-micro",
                "f1-micro",
                "g1-small",
                "c2d-highcpu-8",
                "m3-ultramem-32",
                "t2a-standard-1",
                "z3-highmem-88",
                "h3-standard-88",
                "custom-4-8192",
                "N2 Instance Core running in Americas",
                "Gemini 2.5 Flash GA Text Input - Predictions",
            ],
        ),
        (
            "oci",
            &[
                "VM.Standard.E4.Flex",
                "VM.Standard.E2.1.Micro",
                "BM.Standard3.64",
                "VM.Optimized3.Flex",
                "BM.HPC2.36",
                "VM.DenseIO2.8",
            ],
        ),
        ("alibaba", &["ecs.g7.large", "ecs.c6.xlarge", "ecs.r7.2xlarge", "ecs.hfg7.large"]),
        ("corp-cloud", &["small", "m.large", "cpu-16", "s-1vcpu-1gb", "4090.2", "c1.xlarge", "output-tokens"]),
    ] {
        for sku in skus {
            assert_eq!(meaning(provider, sku), "ordinary", "{provider} {sku}");
        }
    }
}

#[test]
fn a_chip_is_found_by_the_word_people_use() {
    for (word, chip) in [
        ("H100", "H100-80GB-SXM"),
        ("h100-80gb-sxm", "H100-80GB-SXM"),
        ("NVIDIA H100 80GB", "H100-80GB-SXM"),
        ("A100-SXM4-80GB", "A100-80GB-SXM"),
        ("A100 PCIe 40GB", "A100-40GB-PCIe"),
        ("A100", "A100-80GB-SXM"),
        ("H20", "H20-96GB"),
        ("MI300X", "MI300X"),
        ("RTX 4090", "RTX-4090"),
        ("TPU v5e", "TPU-v5e"),
    ] {
        assert_eq!(SHIPPED.chip(word).map(|chip| chip.name.as_str()), Some(chip), "{word}");
    }
    for word in ["", "rtx", "80gb", "H400", "m5.large"] {
        assert_eq!(SHIPPED.chip(word), None, "{word}");
    }
}

/// Chip, day, class: the decisive rows.
const CLASSES: &str = "
A100-80GB-SXM   2022-10-06 none
H100-80GB-SXM   2022-10-20 none
H100-80GB-SXM   2022-10-21 3A090
A100-80GB-SXM   2022-11-01 3A090
A800-80GB-SXM   2022-11-01 none
H800-80GB-SXM   2023-11-16 none
H800-80GB-SXM   2023-11-17 3A090.a
A100-80GB-SXM   2023-11-16 3A090
A100-80GB-SXM   2023-11-17 3A090.a
L40S            2023-11-16 none
L40S            2023-11-17 3A090.a
L4              2023-11-17 3A090.a
A30             2023-11-17 3A090.b
H20-96GB        2023-12-01 none
H20-96GB        2025-04-08 none
H20-96GB        2025-04-09 by_letter
MI308X          2025-04-08 unknown
MI308X          2025-04-10 by_letter
L20             2024-06-01 none
L2              2024-06-01 none
RTX-4090        2023-11-17 3A090.a
RTX-4090-D      2024-06-01 none
H200-141GB-SXM  2025-12-31 3A090.a
H200-141GB-SXM  2026-01-15 3A090.a
T4              2024-06-01 none
A10G            2024-06-01 none
B200            2025-06-01 3A090.a
TPU-v4          2024-06-01 unknown
UNKNOWN         2024-06-01 unknown
";

#[test]
fn chips_have_the_class_of_their_day() {
    for row in CLASSES.trim().lines() {
        let cells: Vec<_> = row.split_whitespace().collect();
        assert_eq!(class(&SHIPPED, cells[0], cells[1]), cells[2], "{row}");
    }
}

#[test]
fn chips_have_the_classes_expected_elsewhere() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/facts/expected_classes.csv");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("SKIPPED (no ../shared/facts): chips_have_the_classes_expected_elsewhere");
        return;
    };
    for row in text.lines().skip(1) {
        let cells: Vec<_> = row.splitn(4, ',').collect();
        assert_eq!(class(&SHIPPED, cells[0], cells[1]), cells[2], "{row}");
    }
}

#[test]
fn a_control_says_whether_it_binds_and_on_what_it_rests() {
    let control = |chip: &str, on: &str| SHIPPED.control(SHIPPED.chip(chip).unwrap(), day(on));
    let h200 = control("H200-141GB-SXM", "2026-01-15");
    assert!(h200.controlled && h200.status == ControlStatus::InForce);
    assert!(h200.notes.iter().any(|note| note.contains("case by case") && note.contains("91 FR 1684")), "{h200:?}");
    assert!(!control("H200-141GB-SXM", "2026-01-14").notes.iter().any(|note| note.contains("case by case")));
    assert!(!control("B200", "2026-01-15").notes.iter().any(|note| note.contains("case by case")));
    assert!(control("H100", "2025-06-01").notes.iter().any(|note| note.contains("[not_enforced]")));
    assert!(control("H100", "2022-11-01").notes[0].contains("[recall]"));
    let unknown = control("TPU-v4", "2024-06-01");
    assert!(!unknown.controlled && unknown.notes[0].contains("performance_density of TPU-v4 not known"), "{unknown:?}");
    assert!(!control("T4", "2024-06-01").controlled);
}

#[test]
fn what_was_published_later_is_hidden_and_so_is_the_end_it_brought() {
    let then = SHIPPED.known_on(day("2023-10-01"));
    assert_eq!(class(&then, "H100", "2024-01-01"), "3A090");
    assert_eq!(class(&then, "H800-80GB-SXM", "2024-01-01"), "none");
    assert_eq!(class(&SHIPPED.known_on(day("2023-10-25")), "H800-80GB-SXM", "2024-01-01"), "3A090.a");
    assert_eq!(class(&SHIPPED.known_on(day("2025-04-01")), "H20-96GB", "2025-05-01"), "none");
}

fn read(skus: &str, controls: &str) -> Result<Catalogue, Problems> {
    let source = |name: &str, text: String| Source { name: name.into(), text: text.into() };
    let chips = "chip,vendor,release_year,datacenter,memory_gb,mem_bw_gb_s,interconnect_gb_s_bidir,tpp,performance_density,\
                 bf16_dense_flop_per_s,sources,unverified_or_disputed\nX1,Maker,2024,yes,,,,5000,,,own,\nX1,Maker,2024,maybe,,,,5OOO,,,own,\n";
    Catalogue::read(
        &source("chips.csv", chips.into()),
        &source("skus.csv", format!("provider,sku,chip,count,source\n{skus}")),
        &source("controls.yaml", controls.into()),
    )
}

#[test]
fn every_problem_of_all_files_is_told_at_once_with_its_place() {
    let skus = "aws,a.1,X1,8,own\nAWS,A.1,X1,8,own\naws,b.1,X2,8,own\naws,c.1,X1,-1,own\naws,ml.a.1,X1,4,own\naws,d,X1,{n},own\n";
    let controls = "exceptions: []\nnotes: []\nclasses:\n  - id: a\n    class: 3A090.c\n    when: {tpp: {from: x}, speed: {from: 1}}\n    \
                    status: maybe\n    published: 2023-02-30\n    effective: 2023-01-01\n    text: t\n    mark: 1\n";
    let problems = read(skus, controls).unwrap_err().to_string();
    for what in [
        "chips.csv:3:1: chip \"X1\" stands here twice",
        "chips.csv:3:15: datacenter must be yes",
        "chips.csv:3:24: tpp of chip X1 must be a number",
        "skus.csv:3:5: AWS A.1 stands here twice, first on line 2",
        "skus.csv:4:9: aws b.1 names chip \"X2\"",
        "skus.csv:5:12: count must be a number above 0",
        "skus.csv:6:5: \"ml.a.1\" reads like line 2 and says otherwise",
        "skus.csv:7:5: a count of {n} needs one {n}",
        "class a (controls.yaml:5:12): class must be none,",
        "class a (controls.yaml:6:24): from must be a number, got \"x\"",
        "class a (controls.yaml:6:28): when has no key \"speed\"",
        "class a (controls.yaml:7:13): status must be in_force,",
        "class a (controls.yaml:8:16): published must be a day",
        "class a (controls.yaml:11:5): class has no key \"mark\"",
    ] {
        assert!(problems.contains(what), "{what}\n---\n{problems}");
    }
}

#[test]
fn classify_tells_what_a_word_is_and_shouts_where_it_does_not_know() {
    let told = |word: &str| describe(&SHIPPED, word, None, day("2026-01-15")).to_string();
    let p5 = told("p5.48xlarge");
    assert!(
        p5.starts_with("p5.48xlarge (aws): 8 × H100-80GB-SXM\n  on 2026-01-15: 3A090.a, controlled, in_force\n"),
        "{p5}"
    );
    assert!(
        told("p9.48xlarge")
            .starts_with("p9.48xlarge: UNKNOWN — looks like an accelerator and is not in the catalogue (aws)")
    );
    assert_eq!(told("m5.large"), "m5.large: no accelerator is known by this name");
    assert!(told("H20").starts_with("H20: chip H20-96GB\n  on 2026-01-15: by_letter, controlled, in_force\n"));
    assert!(told("trn2.3xlarge").contains("count recall"));
    assert!(told("BM.GPU.T1.2").contains("unknown, not known whether controlled"));
    for word in
        ["f1-micro", "g1-small", "n2-standard-4", "VM.Standard.E4.Flex", "Standard_D4s_v5", "t3.micro", "ecs.g7.large"]
    {
        assert!(told(word).contains("no accelerator"), "{}", told(word));
    }
    let json =
        serde_json::to_value(describe(&SHIPPED, "h100.8", Some(&Provider::new("corp-cloud")), day("2024-01-01")))
            .unwrap();
    assert_eq!(json["findings"][0]["class"], "3A090.a");
    assert_eq!(json["findings"][0]["count"], 8);
    assert_eq!(json["findings"][0]["provider"], "corp-cloud");
}

proptest::proptest! {
    #[test]
    fn no_name_whatever_breaks_the_look_up(name in ".{0,60}", index in 0..21usize) {
        let providers: Vec<_> = SHIPPED.providers().cloned().collect();
        let provider = providers.get(index).map_or("corp-cloud", Text::as_str);
        let (provider, sku) = (Provider::new(provider), Sku::new(&name));
        let spaced = Sku::new(format!("  {} ", name.to_ascii_uppercase()));
        proptest::prop_assert_eq!(SHIPPED.sku(&provider, &sku), SHIPPED.sku(&provider, &spaced));
        let _ = describe(&SHIPPED, &name, None, Day(19_000));
        let _ = SHIPPED.chip(&name);
    }
}
