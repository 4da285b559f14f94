//! The table: what was measured beside what is meant to be.

use super::{Figures, machine};

/// What a figure is meant to be.
#[derive(Clone, Copy)]
enum Target {
    AtLeast(f64),
    AtMost(f64),
    None,
}

#[derive(Clone, Copy)]
enum Unit {
    Rate,
    Nanoseconds,
    Milliseconds,
    Seconds,
    Mebibytes,
    Hours,
    Bytes,
}

struct Row {
    what: String,
    measured: f64,
    unit: Unit,
    target: Target,
    note: String,
}

/// Prints every row for which there are figures, and the machine.
pub fn print(figures: &Figures) {
    println!("{}", machine::told());
    println!("time in which others had the core: {}", waited(figures));
    println!();
    let cells: Vec<[String; 5]> = rows(figures).iter().map(Row::cells).collect();
    let head = ["what", "measured", "target", "", "note"].map(str::to_owned);
    let width = |column: usize| cells.iter().chain([&head]).map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 5] = std::array::from_fn(width);
    let line = |row: &[String; 5]| {
        let padded: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        println!("| {} |", padded.join(" | "));
    };
    line(&head);
    line(&widths.map(|width| "-".repeat(width)));
    cells.iter().for_each(line);
}

/// The greatest share of a scenario's time for which it had no core.
fn waited(figures: &Figures) -> String {
    let shares = figures.iter().filter_map(|(key, share)| Some((key.strip_suffix(".waited")?, *share)));
    match shares.max_by(|a, b| a.1.total_cmp(&b.1)) {
        Some((name, share)) => format!("at most {} ({name})", percent(share)),
        None => "not measured".into(),
    }
}

fn rows(figures: &Figures) -> Vec<Row> {
    let mut rows = Vec::new();
    let of = |key: &str| figures.get(key).copied().unwrap_or(f64::NAN);
    let mut row = |key: &str, what: &str, unit: Unit, target: Target, note: String| {
        if let Some(measured) = figures.get(key) {
            rows.push(Row { what: what.into(), measured: *measured, unit, target, note });
        }
    };
    let feed = |name: &str| {
        format!(
            "fastest of three; ticks and publishing {}, duplicates {}, {} alerts, {}",
            percent(of(&format!("{name}.publishing"))),
            percent(of(&format!("{name}.duplicates"))),
            of(&format!("{name}.alerts")),
            told(of(&format!("{name}.resident")), Unit::Mebibytes),
        )
    };
    row("facts-never", "1 facts, rules that never match", Unit::Rate, Target::AtLeast(500_000.0), feed("facts-never"));
    let note = format!("{}; a card {}", feed("facts-shipped"), told(of("facts-shipped.card"), Unit::Nanoseconds));
    row("facts-shipped", "2 facts, shipped policy and cards", Unit::Rate, Target::AtLeast(200_000.0), note);
    for (name, what) in [
        ("account", "3a account"),
        ("group", "3b group"),
        ("crowd", "3b group in a crowd of 10^6 accounts"),
        ("window-1", "3c window of 24 h"),
        ("window-30", "3c window of 30 d"),
    ] {
        for exponent in [3, 5, 7] {
            let key = format!("size-{name}-{exponent}");
            // What is cold because there are many accounts is not the group's doing.
            let beside = if key == "size-group-7" { "size-crowd-3".into() } else { format!("size-{name}-3") };
            let ratio = of(&key) / of(&beside);
            let publishing = percent(of(&format!("{key}.publishing")));
            let crowd = if key == "size-group-7" { " in as large a crowd" } else { "" };
            let note = format!("{ratio:.2} × that of 10^3{crowd}; ticks and publishing {publishing}");
            row(&key, &format!("{what} that holds 10^{exponent}"), Unit::Nanoseconds, Target::None, note);
        }
    }
    const MIB: f64 = 1_048_576.0;
    for (name, what, target, facts) in [
        ("memory-accounts", "4 memory, 1 M accounts", 2_048.0 * MIB, 1e6),
        ("memory-ordinary", "4 memory, 10 M ordinary machines", 400.0 * MIB, 1e7),
    ] {
        let each = told(of(&format!("{name}.own")) / facts, Unit::Bytes);
        let most = told(of(&format!("{name}.most")), Unit::Mebibytes);
        let rate = told(of(&format!("{name}.rate")), Unit::Rate);
        row(name, what, Unit::Mebibytes, Target::AtMost(target), format!("{each} each, {most} at most, {rate}"));
    }
    let lines = of("memory-lines.own") / 1e6;
    let note = format!(
        "1 M lines, {} at most, {}",
        told(of("memory-lines.most"), Unit::Mebibytes),
        told(of("memory-lines.rate"), Unit::Rate)
    );
    row("memory-lines.own", "4 memory, a billed line", Unit::Bytes, Target::None, note);
    if let Some(last) = rows.last_mut().filter(|row| row.what.ends_with("a billed line")) {
        last.measured = lines;
    }
    if let Some(rate) = figures.get("facts-never") {
        let facts = 35.0 * 86_400.0 * 300.0;
        let note = format!("extrapolated from 1: {:.0} M facts at its rate", facts / 1e6);
        let measured = facts / rate / 3_600.0;
        rows.push(Row {
            what: "5 35 days at 300 facts/s".into(),
            measured,
            unit: Unit::Hours,
            target: Target::None,
            note,
        });
    }
    snapshot_rows(figures, &mut rows);
    rows
}

fn snapshot_rows(figures: &Figures, rows: &mut Vec<Row>) {
    let of = |key: &str| figures.get(key).copied().unwrap_or(f64::NAN);
    let mut row = |key: &str, what: &str, unit: Unit, target: Target, note: String| {
        if let Some(measured) = figures.get(key) {
            rows.push(Row { what: what.into(), measured: *measured, unit, target, note });
        }
    };
    let note = format!("{} with both", told(of("snapshot.resident"), Unit::Mebibytes));
    row("snapshot.hold", "6 snapshot of 1 M accounts holds up", Unit::Milliseconds, Target::AtMost(0.05), note);
    let note = format!("longest tick and publishing {}", told(of("snapshot.tick"), Unit::Milliseconds));
    row("snapshot.apply", "6 longest fact of the 108,000 after", Unit::Milliseconds, Target::AtMost(0.05), note);
    let note = format!("restoring alone {}", told(of("snapshot.restored"), Unit::Seconds));
    row("snapshot.restore", "6 restored and published", Unit::Seconds, Target::AtMost(5.0), note);
}

impl Row {
    fn cells(&self) -> [String; 5] {
        let (target, met) = match self.target {
            Target::AtLeast(least) => (format!("≥ {}", told(least, self.unit)), Some(self.measured >= least)),
            Target::AtMost(most) => (format!("≤ {}", told(most, self.unit)), Some(self.measured <= most)),
            Target::None => (String::new(), None),
        };
        let met = met.map_or("", |met| if met { "met" } else { "MISSED" });
        [self.what.clone(), told(self.measured, self.unit), target, met.into(), self.note.clone()]
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn told(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Rate => format!("{} facts/s", grouped(value)),
        Unit::Nanoseconds => format!("{} ns", grouped(value)),
        Unit::Milliseconds => format!("{:.1} ms", value * 1e3),
        Unit::Seconds => format!("{value:.1} s"),
        Unit::Mebibytes => format!("{} MiB", grouped(value / 1_048_576.0)),
        Unit::Hours => format!("{value:.1} h"),
        Unit::Bytes => format!("{} B", grouped(value)),
    }
}

/// Whole, thousands apart.
fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
