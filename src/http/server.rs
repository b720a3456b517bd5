//! Serving on a socket, and ending: running requests get some seconds, then their connections are closed.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::state::AppState;
use crate::{Error, Result};

/// Time that running requests have to end.
const GRACE: Duration = Duration::from_secs(10);

/// Serves everything until `until` is ready.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    until: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let service = super::router(state).into_make_service_with_connect_info::<SocketAddr>();
    let (ending, ended) = oneshot::channel::<()>();
    let shutdown = async move {
        until.await;
        let _ = ending.send(());
    };
    let serving = axum::serve(listener, service).with_graceful_shutdown(shutdown);
    let out_of_patience = async {
        // An error means that the server is gone already.
        let _ = ended.await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = serving => served.map_err(|e| Error::internal("serving", e)),
        () = out_of_patience => {
            tracing::warn!("requests still ran at the end and were closed");
            Ok(())
        }
    }
}
