//! What a fact costs where much is held already. The same facts, those of 2,000 machines with accelerators that match a
//! rule, go to a hundred things that hold 1,000 facts each, to one that holds 100,000, to one that holds 10,000,000.

use super::run::Run;
use super::stream::{ACCELERATORS, Stream};
use super::{Figures, books, crowd, facts};

const RUNNING: u64 = 2_000;
/// Facts over which the cost is taken, after as many as are to be held.
const MEASURED: u64 = 100_000;

fn where_controlled(subject: &str, window: &str, having: &str) -> String {
    format!(
        "subject: {subject}\nwindow: {window}\nhaving: {having}\n\
         where: activity.gpu_hours > 0 && control.controlled && !known(authorisation)"
    )
}

/// How many things that hold 10^`exponent` facts each.
fn things(held: u64) -> u32 {
    u32::try_from((MEASURED / held).max(1)).unwrap()
}

/// Facts of accounts.
pub fn account(exponent: u32) -> Figures {
    let held = 10_u64.pow(exponent);
    let accounts = things(held);
    let run = Run::new(books::with_rules(&[where_controlled("account", "30d", "m.gpu_hours >= 1.0")]));
    let stream = Stream::new(ACCELERATORS, accounts, (1, RUNNING));
    measure(run, stream, "account", exponent, |run, stream| {
        run.fold(held * u64::from(accounts), |now| stream.next(now))
    })
}

/// Facts of groups of accounts, ten an account.
pub fn group(exponent: u32) -> Figures {
    groups(things(10_u64.pow(exponent)), exponent, "group")
}

/// The same of ten thousand groups that hold 1,000 facts each: as many accounts as one group has that holds 10^7.
pub fn crowd() -> Figures {
    groups(10_000, 3, "crowd")
}

fn groups(groups: u32, exponent: u32, name: &str) -> Figures {
    let held = 10_u64.pow(exponent);
    let accounts = u32::try_from(held * u64::from(groups) / 10).unwrap();
    let having = "m.gpu_hours >= 1.0 && m.peak_gpus >= 8 && m.accounts >= 2";
    let mut run = Run::new(books::with_rules(&[where_controlled("shared.payment", "30d", having)]));
    for account in 0..accounts {
        run.apply(vec![(facts::position_of_card(account), crowd::sharing(account, account % groups))]);
    }
    run.tick();
    let stream = Stream::new(ACCELERATORS, accounts, (1, RUNNING));
    measure(run, stream, name, exponent, |run, stream| {
        run.fold(held * u64::from(groups), |now| stream.next(now));
    })
}

/// Facts of accounts, spread over the whole window of the rule.
pub fn window(days: u64, exponent: u32) -> Figures {
    let held = 10_u64.pow(exponent);
    let accounts = things(held);
    let rule = where_controlled("account", &format!("{days}d"), "m.gpu_hours >= 1.0 && m.peak_gpus >= 8");
    let run = Run::new(books::with_rules(&[rule]));
    let stream = Stream::new(ACCELERATORS, accounts, (1, RUNNING));
    measure(run, stream, &format!("window-{days}"), exponent, |run, stream| {
        run.fold_in(held * u64::from(accounts), days * 24, 3_600, &mut |now| stream.next(now));
    })
}

fn measure(
    mut run: Run,
    mut stream: Stream,
    name: &str,
    exponent: u32,
    fill: impl Fn(&mut Run, &mut Stream),
) -> Figures {
    fill(&mut run, &mut stream);
    run.set_back();
    run.fold(MEASURED, |now| stream.next(now));
    let key = |what: &str| format!("size-{name}-{exponent}{what}");
    let publishing = run.publishing.spent.as_secs_f64() / run.clock().spent.as_secs_f64();
    [
        (key(""), run.per_fact()),
        (key(".publishing"), publishing),
        (key(".changes"), run.changes as f64),
        (key(".waited"), run.clock().waited()),
    ]
    .into()
}
