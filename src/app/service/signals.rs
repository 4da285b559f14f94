//! Signals: TERM and INT end the service, HUP loads its configuration anew.

use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// To end.
    Stop,
    /// To load the configuration anew.
    Reload,
}

/// Tells of signals from now on.
pub(super) fn listen(runtime: &Handle, told: impl Fn(Signal) + Send + 'static) -> std::io::Result<()> {
    let _entered = runtime.enter();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    runtime.spawn(async move {
        loop {
            let heard = tokio::select! {
                _ = terminate.recv() => Signal::Stop,
                _ = interrupt.recv() => Signal::Stop,
                _ = hang_up.recv() => Signal::Reload,
            };
            told(heard);
        }
    });
    Ok(())
}
