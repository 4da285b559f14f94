//! Which words on a bill speak of accelerators, and what in its text names a machine: the one place.
//!
//! In: a SKU, meter or description as written. Out: whether it is worth keeping, and the instance type it names. It
//! refuses to know what is inside (the catalogue does). The lists are generous: a line too many is looked up and found
//! to be nothing, a line too few is never seen. Widening them means reading the sources again.

use crate::model::BilledClass;

/// Whole words: chips, makers of chips, and meters of models.
const WORDS: &[&str] = &[
    // Accelerators by name.
    "gpu",
    "gpus",
    "nvidia",
    "geforce",
    "tesla",
    "quadro",
    "radeon",
    "trainium",
    "inferentia",
    "neuron",
    "gaudi",
    "dgx",
    "hgx",
    "cuda",
    "nvlink",
    "ultraserver",
    "ultracluster",
    "hyperpod",
    "accelerator",
    "accelerators",
    // Chips.
    "k80",
    "k520",
    "m60",
    "p40",
    "p100",
    "v100",
    "v100s",
    "t4",
    "t4g",
    "a2000",
    "a4000",
    "a5000",
    "a6000",
    "a10",
    "a10g",
    "a16",
    "a30",
    "a40",
    "a100",
    "a800",
    "h20",
    "h800",
    "l2",
    "l4",
    "l20",
    "l40",
    "l40s",
    "l40g",
    "b100",
    "b30a",
    "rtx",
    "mi25",
    "v520",
    "v620",
    "v710",
    "ma35d",
    "ai100",
    "h100t",
    // Tokens and the models that eat them.
    "tokens",
    "tokencount",
    "bedrock",
    "openai",
    "anthropic",
    "claude",
    "gemini",
    "ptu",
    "deepseek",
    "qwen",
    "llama",
    "mistral",
    // Series as product names shorten them.
    "nc",
    "nd",
    "ndsr",
    "ndisr",
    "ndasr",
    "ndamsr",
    "ncads",
    "nccads",
    "nccadsv5",
    "ncast4",
    "ncsv2",
    "ncsv3",
    "ndsv2",
    "nvads",
];

/// Beginnings of words: `tpuv5e`, `gpu4`, `h100ib`, `mi300x`, `rtxpro`, `gpt4`.
const STEMS: &[&str] = &[
    "tpu", "gpu", "h100", "h200", "h800", "a100", "a800", "b200", "b300", "gb200", "gb300", "gh200", "v100", "mi100",
    "mi210", "mi250", "mi300", "mi308", "mi325", "mi350", "mi355", "rtx", "gpt", "l40s", "trn1", "trn2", "trn3",
];

/// AWS families, before the dot.
const AWS_FAMILIES: &[&str] = &["p", "g", "gr", "trn", "inf", "dl", "vt", "f"];

/// Azure series letters, before the number: `ND96isr`.
const AZURE_SERIES: &[&str] = &["nc", "ncc", "nd", "nv", "ng", "np", "nm"];

/// Google machine series, before a hyphen or one of [`GCP_KINDS`].
const GCP_SERIES: &[&str] = &["a2", "a3", "a4", "a4x", "g2", "g4"];
const GCP_KINDS: &[&str] = &[
    "instance",
    "predefined",
    "highgpu",
    "ultragpu",
    "megagpu",
    "edgegpu",
    "maxgpu",
    "standard",
    "core",
    "ram",
    "nvidia",
];

/// Whether a SKU, meter or description speaks of accelerators or of tokens. Word by word: `SecOps` is no `p5`.
pub(crate) fn mentions_accelerator(text: &str) -> bool {
    let words = words(text);
    let next = |at: usize| words.get(at + 1).map_or("", String::as_str);
    let spoken = words.iter().enumerate().any(|(at, word)| {
        let bare = without_multiple(word);
        WORDS.contains(&bare)
            || STEMS.iter().any(|stem| bare.starts_with(stem))
            || AZURE_SERIES.iter().any(|series| numbered(word, series))
            || (GCP_SERIES.contains(&word.as_str()) && GCP_KINDS.contains(&next(at)))
            || (word == "token" && next(at) == "count")
    });
    spoken
        || instance_type(text).is_some_and(|machine| is_aws_accelerated(&machine))
        || host_family(text).is_some_and(|family| AWS_FAMILIES.iter().any(|known| numbered(family, known)))
}

/// Words in lower case: cut at whatever is neither letter nor digit, and where a capital follows a small letter.
/// Both the cut and the uncut word count: `OpenAI` is `open`, `ai` and `openai`.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for run in text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|run| !run.is_empty()) {
        let mut parts = vec![String::new()];
        let mut small = false;
        for c in run.chars() {
            if small && c.is_ascii_uppercase() {
                parts.push(String::new());
            }
            small = c.is_ascii_lowercase();
            if let Some(part) = parts.last_mut() {
                part.push(c.to_ascii_lowercase());
            }
        }
        let cut = parts.len() > 1;
        words.append(&mut parts);
        if cut {
            words.push(run.to_ascii_lowercase());
        }
    }
    words
}

/// `8xh100`, `1gpu` and `a100x8` without their numbers.
fn without_multiple(word: &str) -> &str {
    let front = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let front = if front.len() < word.len() { front.strip_prefix('x').unwrap_or(front) } else { front };
    match front.rsplit_once('x') {
        Some((head, tail)) if !tail.is_empty() && tail.bytes().all(|b| b.is_ascii_digit()) => head,
        _ => front,
    }
}

/// Whether a word is the series and then a number: `nd96isr`.
fn numbered(word: &str, series: &str) -> bool {
    word.strip_prefix(series).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn is_aws_accelerated(machine: &str) -> bool {
    let mut parts = machine.split('.').rev().skip(1);
    let family = parts.next().unwrap_or("").to_ascii_lowercase();
    let family = family.strip_prefix("u-").unwrap_or(&family);
    AWS_FAMILIES.iter().any(|known| numbered(family, known))
}

/// The instance type that stands somewhere in a text: `p5.48xlarge` in `USE1-BoxUsage:p5.48xl`, `BM.GPU.H100.8`,
/// `Standard_ND96isr_H100_v5`, `a3-highgpu-8g`. Short sizes of bills (`48xl`) are written out.
pub(crate) fn instance_type(text: &str) -> Option<String> {
    let apart = |c: char| c.is_whitespace() || matches!(c, ':' | '|' | '/' | ',' | ';' | '(' | ')' | '"' | '\'');
    text.split(apart).find_map(|word| {
        let word = word.trim_end_matches('.');
        aws(word).or_else(|| (is_azure(word) || is_oci(word) || is_gcp(word)).then(|| word.to_owned()))
    })
}

fn aws(word: &str) -> Option<String> {
    // `KernelGateway-ml.g5.8xlarge`, which SageMaker Studio writes.
    let word = word.rfind("-ml.").and_then(|at| word.get(at + 1..)).unwrap_or(word);
    let (family, size) = word.rsplit_once('.')?;
    let letters = family.rsplit('.').next()?;
    let named = letters.starts_with(|c: char| c.is_ascii_alphabetic())
        && letters.contains(|c: char| c.is_ascii_digit())
        && letters.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let (size, rest) = match size.split_once('-') {
        Some((size, rest)) => (size, Some(rest)),
        None => (size, None),
    };
    let number = size.trim_start_matches(|c: char| c.is_ascii_digit());
    let long = match number {
        "xl" if number.len() < size.len() => format!("{size}arge"),
        "xlarge" | "metal" | "large" | "medium" | "small" | "micro" | "nano" => size.to_owned(),
        _ => return None,
    };
    let long = match rest {
        Some(rest) if size == "metal" => format!("{long}-{rest}"),
        _ => long,
    };
    named.then(|| format!("{family}.{long}"))
}

fn is_azure(word: &str) -> bool {
    let prefix = word.get(..9).is_some_and(|prefix| prefix.eq_ignore_ascii_case("standard_"));
    prefix && word.bytes().skip(9).any(|b| b.is_ascii_digit())
}

fn is_oci(word: &str) -> bool {
    let prefix = word.get(..3).is_some_and(|p| p.eq_ignore_ascii_case("vm.") || p.eq_ignore_ascii_case("bm."));
    prefix && word.len() > 3
}

fn is_gcp(word: &str) -> bool {
    let mut parts = word.split('-');
    let (Some(series), Some(kind), Some(size)) = (parts.next(), parts.next(), parts.next()) else { return false };
    let series_fits = (2..=5).contains(&series.len())
        && series.starts_with(|c: char| c.is_ascii_lowercase())
        && series.contains(|c: char| c.is_ascii_digit());
    let kinds = ["standard", "highmem", "highcpu", "highgpu", "ultragpu", "megagpu", "edgegpu", "maxgpu", "hightpu"];
    series_fits && kinds.contains(&kind) && size.starts_with(|c: char| c.is_ascii_digit())
}

/// The family of a dedicated host: `p5` of `USE1-HostUsage:p5`. Which sizes run on it the bill does not say.
pub(crate) fn host_family(text: &str) -> Option<&str> {
    let (_, family) = text.split_once("HostUsage:")?;
    (!family.is_empty() && family.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')).then_some(family)
}

/// `BoxUsage` of `USE1-BoxUsage:p5.48xlarge`.
pub(crate) fn usage_type(text: &str) -> Option<&str> {
    let (before, after) = text.split_once(':')?;
    let word = before.rsplit('-').next()?;
    (!after.starts_with(' ') && !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric())).then_some(word)
}

/// Whether a usage type bills a machine by its type: `BoxUsage`, SageMaker's `Train` and `Cluster`, reserved twins …
pub(crate) fn is_machine_type(usage_type: &str) -> bool {
    MACHINE_TYPES.contains(&usage_type)
}

const MACHINE_TYPES: &[&str] = &[
    "BoxUsage",
    "SpotUsage",
    "DedicatedUsage",
    "HeavyUsage",
    "UnusedBox",
    "UnusedDed",
    "Reservation",
    "DedicatedRes",
    "ReservedCluster",
    "Cluster",
    "Train",
    "Host",
    "Notebk",
    "Studio",
    "Processing",
    "Tsform",
];

/// Held capacity, the zero-rated twins of what ran on it, and what is billed by the hour beside the machine.
pub(crate) fn aws_class(usage_type: &str) -> Option<BilledClass> {
    match usage_type {
        "UnusedBox" | "UnusedDed" => Some(BilledClass::Held),
        "Reservation" | "DedicatedRes" | "CapacityBlockFee" | "EBSOptimized" | "CPUCredits" => Some(BilledClass::Fee),
        _ => None,
    }
}

/// `ND96isr H100 v5 Spot` is `Standard_ND96isr_H100_v5`, on a meter of virtual machines.
pub(crate) fn azure_meter(category: &str, meter: &str) -> Option<String> {
    if !category.eq_ignore_ascii_case("virtual machines") {
        return None;
    }
    let meter = meter.split('/').next()?.trim();
    let meter = [" Spot", " Low Priority"].iter().fold(meter, |meter, end| meter.strip_suffix(end).unwrap_or(meter));
    let fits = meter.starts_with(|c: char| c.is_ascii_uppercase()) && meter.contains(|c: char| c.is_ascii_digit());
    fits.then(|| format!("Standard_{}", meter.trim().replace(' ', "_")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accelerators_and_tokens_are_found_in_every_clouds_words() {
        for text in [
            "$98.32 per On Demand Linux p5.48xlarge Instance Hour",
            "USE1-BoxUsage:p5.48xlarge",
            "USE1-HostUsage:p5",
            "HostUsage:p4d",
            "UnusedBox:p4d.24xl",
            "USE1-Train:ml.p3.2xlarge",
            "ml.g5.8xlarge-Cluster",
            "BoxUsage:trn1.32xlarge",
            "u-p6e-gb200x36",
            "Standard_ND96isr_H100_v5",
            "ND96isr H100 v5 Spot",
            "Virtual Machines NDsr H100 v5 Series Linux",
            "NC24ads A100 v4",
            "NC6s v3/NC6s v3 Low Priority",
            "Nvidia H100 80GB Mega GPU running in Americas",
            "H200 141GB GPU running in Iowa",
            "RTX 6000 96GB running in Iowa",
            "A4 Nvidia B200 (1 gpu slice) running in Iowa",
            "TpuV5e running in Americas",
            "A3 Predefined Instance Core running in Iowa",
            "a2-ultragpu-8g",
            "OCI - Compute - GPU - H100",
            "BM.GPU4.8",
            "VM.GPU2.1",
            "gd-8xh100ib-i128",
            "gpu_8x_a100",
            "gpu-h100-sxm_8gpu-128vcpu-1600gb",
            "gpt-4o-0806-Inp-glbl Tokens",
            "USE1-MP:USE1_InputTokenCount-Units",
            "USE1-MP:USE1_input_tokens_standard-Units",
            "Azure OpenAI Reasoning",
            "MI300X hours",
            "n3-H100x8-NVLink",
        ] {
            assert!(mentions_accelerator(text), "{text}");
        }
    }

    #[test]
    fn words_that_only_contain_such_letters_are_passed_over() {
        for text in [
            "SecOps Enterprise log ingestion",
            "$0.34 per On Demand Linux c5.2xlarge Instance Hour",
            "Premium SSD Managed Disks P4 LRS Disk",
            "$0.10 per GB-month of General Purpose SSD (gp2) provisioned storage",
            "Standard_D4s_v5",
            "USE1-HostUsage:m5",
            "A2 v2 - general purpose",
            "$0.05 per 10,000 Parameter API Interaction_Higher throughput in US East (N. Virginia)",
            "AWS Lambda - Total Compute - US West (Oregon)-Tier-1",
            "Object Storage - Storage",
            "Calls with a token of the Security Token Service",
            "N2 Instance Core running in Iowa",
            "",
        ] {
            assert!(!mentions_accelerator(text), "{text}");
        }
    }

    #[test]
    fn the_machine_is_found_in_the_text() {
        for (text, machine) in [
            ("$1.624 per On Demand Linux g5.4xlarge Instance Hour", Some("g5.4xlarge")),
            ("USE1-BoxUsage:p5.48xl", Some("p5.48xlarge")),
            ("USE1-Studio:ml.g5.8xlarge", Some("ml.g5.8xlarge")),
            ("ml.g5.8xlarge-Cluster", Some("ml.g5.8xlarge")),
            ("USE1-KernelGateway-ml.g5.8xl", Some("ml.g5.8xlarge")),
            ("BoxUsage:m7i.metal-24xl", Some("m7i.metal-24xl")),
            ("software usage|us-east-1|m5.2xlarge", Some("m5.2xlarge")),
            ("p6-b200.48xlarge", Some("p6-b200.48xlarge")),
            ("shape BM.GPU.H100.8, per hour", Some("BM.GPU.H100.8")),
            ("Standard_ND96isr_H100_v5", Some("Standard_ND96isr_H100_v5")),
            ("a3-highgpu-8g", Some("a3-highgpu-8g")),
            ("$0.085 per GB - next 40 TB / month data transfer out", None),
            ("Standard_LRS", None),
            ("USD 0.0.large sum", None),
        ] {
            assert_eq!(instance_type(text).as_deref(), machine, "{text}");
        }
    }
}
