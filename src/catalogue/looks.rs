//! What looks like an accelerator although the table does not know it (P4): the one place where that is said.
//!
//! In: provider and folded name. Out: yes or no. It errs towards yes: a new family must be seen the day it appears.

use super::chip::Chips;

/// Words that only accelerators have in their names, wherever they stand.
const WORDS: &[&str] = &[
    "gpu",
    "trainium",
    "inferentia",
    "gaudi",
    "habana",
    "nvidia",
    "geforce",
    "quadro",
    "radeon",
    "instinct",
    "ascend",
    "fpga",
    "rtx",
    "cerebras",
    "groq",
];

/// Whether the name looks like an accelerator at this provider.
pub(super) fn accelerator(provider: &str, folded: &str, chips: &Chips) -> bool {
    WORDS.iter().any(|word| folded.contains(word))
        || words(folded).any(|word| is_tpu(word) || is_numbered_chip(word))
        || match provider {
            "aws" => aws(folded),
            "azure" => azure(folded),
            "gcp" => gcp(folded),
            "oci" => false, // Every shape with accelerators has GPU in its name.
            "alibaba" => alibaba(folded),
            "ibm" => starts_numbered(folded, &["gx"]),
            _ => words(folded).any(|word| word.len() >= 3 && chips.is_family(word)),
        }
}

/// The words of a name, without how many of them: `8xh100ib` → `h100ib`, `h100x8` → `h100`.
fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|c: char| !c.is_ascii_alphanumeric()).map(|word| {
        let tail = word.trim_start_matches(|c: char| c.is_ascii_digit());
        let tail = if tail.len() < word.len() { tail.strip_prefix('x').unwrap_or(tail) } else { tail };
        match tail.rsplit_once('x') {
            Some((before, count)) if !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit()) => before,
            _ => tail,
        }
    })
}

/// `tpu`, `tpuv6e`, `tpu7x`, `hightpu`; not `output`.
fn is_tpu(word: &str) -> bool {
    word.starts_with("tpu") || word == "hightpu"
}

/// Names of the kind H100, A100, B300, GB200, MI300X, V100, also of makes to come: H400, GB500, MI455.
fn is_numbered_chip(word: &str) -> bool {
    let digits = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let letters = word.get(..word.len() - digits.len()).unwrap_or("");
    let number = digits.bytes().take_while(u8::is_ascii_digit).count();
    match letters {
        "gb" | "gh" | "vr" | "mi" => number == 3,
        "h" | "b" => number == 3 && digits.as_bytes().get(1..3) == Some(b"00"),
        "a" => matches!(digits.get(..number), Some("100" | "800")),
        "v" | "p" | "l" => matches!((letters, digits), ("v", "100") | ("p", "100") | ("l", "40s")),
        _ => false,
    }
}

/// `p9.48xlarge`, `g7e.2xlarge`, `trn4.…`, `u-p6e-gb200x72`, and of dedicated hosts the family alone, `p5`. `t4g` (Arm) and
/// `x2gd` are ordinary.
fn aws(folded: &str) -> bool {
    let families = ["p", "g", "gr", "trn", "inf", "dl", "f", "vt", "eia"];
    ((folded.contains('.') || folded.len() <= 4) && starts_numbered(folded, &families))
        || starts_numbered(folded, &["u-p", "u-trn", "trn"])
}

/// The whole N series: NC, ND, NG, NM, NP, NV and their kin, as SKU, meter or product.
fn azure(folded: &str) -> bool {
    let series = folded.strip_prefix("virtual_machines_").unwrap_or(folded);
    let tail = series.strip_prefix('n').unwrap_or("");
    let letters = tail.bytes().take_while(u8::is_ascii_alphabetic).count();
    let numbered = tail.as_bytes().get(letters).is_some_and(u8::is_ascii_digit);
    ((1..=2).contains(&letters) && numbered)
        || (series.len() < folded.len() && ["c", "d", "g", "m", "p", "v"].iter().any(|kind| tail.starts_with(kind)))
}

/// `a5-highgpu-8g`, `g4-standard-48`, `ct7-…`, TPU types `v7-8`; `g1-small` and `n2-…` are ordinary.
fn gcp(folded: &str) -> bool {
    let family = folded.split('-').next().unwrap_or("");
    let tpu_type = starts_numbered(folded, &["v"])
        && folded
            .rsplit_once('-')
            .is_some_and(|(_, size)| !size.is_empty() && size.bytes().all(|b| b.is_ascii_digit()));
    family.len() < folded.len() && family != "g1" && (starts_numbered(family, &["a", "g", "ct"]) || tpu_type)
}

/// `ecs.gn8v…`, `ecs.ebmgn9…`, `ecs.vgn7…`, `ecs.sccgn…`, FPGA `ecs.f3…`.
fn alibaba(folded: &str) -> bool {
    let families = ["gn", "ebmgn", "vgn", "sgn", "sccgn", "f", "ebmf", "ga"];
    folded.strip_prefix("ecs.").is_some_and(|name| starts_numbered(name, &families))
}

/// Whether the name is one of these beginnings and then a digit.
fn starts_numbered(name: &str, beginnings: &[&str]) -> bool {
    beginnings.iter().any(|b| name.strip_prefix(b).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())))
}
