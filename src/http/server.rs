//! Serving on a socket, and ending: running requests get some seconds, then their connections are closed.
//!
//! Names of headers have no case (RFC 9110, 5.1), but to QGIS (3.22 to 3.40) two have. It looks for `Location` to the
//! letter: without it, it tells its user that adding a feature failed, after the feature was added. And what comes with
//! a `Cache-Control` that is so written it keeps for a day, whatever the value, and shows it to the next who asks, with
//! or without a key. So `Location` is written thus, and all others small.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum::http::{Extensions, Request, header};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::Service;

use crate::state::AppState;
use crate::{Error, Result};

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
    let feed = state.feed.clone();
    let mut services: IntoMakeServiceWithConnectInfo<Router, SocketAddr> =
        super::router(state).into_make_service_with_connect_info::<SocketAddr>();
    let spelling = spelling().await?;
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
        connections.spawn(connection(stream, service, spelling.clone(), ended.clone()));
    }
    drop(listener);
    feed.dismiss();
    let _ = ending.send(());
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, all).await.is_err() {
        tracing::warn!("requests still ran at the end and were closed");
    }
    Ok(())
}

/// How hyper is told to write `Location`. It has no name for that but what it notes itself of a request, so it is given
/// one that has this header.
async fn spelling() -> Result<Extensions> {
    let (mut client, server) = tokio::io::duplex(256);
    let (noted, mut seen) = tokio::sync::mpsc::channel(1);
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let noted = noted.clone();
        async move {
            let _ = noted.send(request.extensions().clone()).await;
            Ok::<_, Infallible>(Response::new(Body::empty()))
        }
    });
    client
        .write_all(b"GET / HTTP/1.1\r\nLocation: x\r\nConnection: close\r\n\r\n")
        .await
        .map_err(|e| Error::internal("learning how a header is written", e))?;
    let mut http = http1::Builder::new();
    http.preserve_header_case(true);
    http.serve_connection(TokioIo::new(server), service)
        .await
        .map_err(|e| Error::internal("learning how a header is written", e))?;
    Ok(seen.recv().await.unwrap_or_default())
}

/// Answers the requests of one connection, to its end or to the one that runs when `ended` tells.
async fn connection<S>(stream: TcpStream, service: S, spelling: Extensions, mut ended: watch::Receiver<()>)
where
    S: Service<Request<Body>, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: std::error::Error + Send + Sync + 'static,
{
    let service = tower::ServiceBuilder::new()
        .map_request(|request: Request<Incoming>| request.map(Body::new))
        .map_response(move |mut response: Response| {
            if response.headers().contains_key(header::LOCATION) {
                response.extensions_mut().extend(spelling.clone());
            }
            response
        })
        .service(service);
    let mut http = http1::Builder::new();
    http.preserve_header_case(true).timer(TokioTimer::new());
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
