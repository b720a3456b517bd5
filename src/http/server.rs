//! Serving on a socket, and ending: running requests get some seconds, then their connections are closed.
//!
//! Names of headers are sent in title case. They have no case (RFC 9110, 5.1), but QGIS (3.40) looks for `Location` to
//! the letter: without it, it tells its user that adding a feature failed, after the feature was added.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::Service;

use crate::Result;
use crate::state::AppState;

/// Time that running requests have to end.
const GRACE: Duration = Duration::from_secs(10);
/// Pause where the machine has no more sockets to give.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves everything until `until` is ready.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    until: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let mut services: IntoMakeServiceWithConnectInfo<Router, SocketAddr> =
        super::router(state).into_make_service_with_connect_info::<SocketAddr>();
    let (ending, ended) = watch::channel(());
    let mut connections = JoinSet::new();
    tokio::pin!(until);
    loop {
        let (stream, address) = tokio::select! {
            () = &mut until => break,
            // Those that are over are taken off the list.
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(e) if is_of_connection(&e) => continue,
                Err(e) => {
                    tracing::error!("accepting a connection: {e}");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            },
        };
        let Ok(service) = services.call(address).await;
        connections.spawn(connection(stream, service, ended.clone()));
    }
    drop(listener);
    let _ = ending.send(());
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, all).await.is_err() {
        tracing::warn!("requests still ran at the end and were closed");
    }
    Ok(())
}

/// Answers the requests of one connection, to its end or to the one that runs when `ended` tells.
async fn connection<S>(stream: TcpStream, service: S, mut ended: watch::Receiver<()>)
where
    S: Service<hyper::Request<axum::body::Body>, Response = axum::response::Response>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    S::Error: std::error::Error + Send + Sync + 'static,
{
    let service = tower::ServiceBuilder::new()
        .map_request(|request: hyper::Request<hyper::body::Incoming>| request.map(axum::body::Body::new))
        .service(service);
    let mut http = http1::Builder::new();
    http.title_case_headers(true).timer(TokioTimer::new());
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    tokio::pin!(connection);
    // An error is the client's: it went away, or did not speak HTTP.
    let over = tokio::select! {
        over = connection.as_mut() => over,
        _ = ended.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(e) = over {
        tracing::debug!("a connection broke off: {e}");
    }
}

/// Whether an error of accepting is of one connection, not of the socket.
fn is_of_connection(e: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(e.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
