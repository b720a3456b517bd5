//! Settings, from flags and environment. One flat struct; a bad value stops the start with a clear message.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use url::Url;

use crate::{Error, Result};

/// Settings that every command shares. A flag wins over its environment variable.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// Data folder: the private database, files, logs
    #[arg(long, env = "DOTHI_HOME", default_value = ".dothi", global = true)]
    pub home: PathBuf,
    /// Address to serve on
    #[arg(long, env = "DOTHI_LISTEN", default_value = "127.0.0.1:8080", global = true)]
    pub listen: SocketAddr,
    /// An existing PostGIS instead of the private cluster (the owner role migrates, this role serves)
    #[arg(long, env = "DATABASE_URL", global = true, hide_env_values = true)]
    pub database_url: Option<String>,
    /// The role that migrates an existing PostGIS, where it is not the one of DATABASE_URL
    #[arg(long, env = "DOTHI_OWNER_URL", global = true, hide_env_values = true)]
    pub owner_url: Option<String>,
    /// Base of the links in answers, behind a proxy
    #[arg(long, env = "DOTHI_PUBLIC_URL", global = true)]
    pub public_url: Option<Url>,
    /// A proxy ends https and sets X-Forwarded-For
    #[arg(long, env = "DOTHI_BEHIND_PROXY", global = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub behind_proxy: bool,
    /// Memory for tiles that were made, in MiB; 0 keeps none
    #[arg(long, env = "DOTHI_TILE_CACHE_MIB", default_value_t = 256, global = true)]
    pub tile_cache_mib: u64,
    /// Layers whose table is larger than this, in MiB, are not held in memory but read from the database (by default
    /// every layer is held)
    #[arg(long, env = "DOTHI_LAYER_MEMORY_MIB", global = true)]
    pub layer_memory_mib: Option<u64>,
    /// Room on the disk for whole layers that were made for download, in MiB; the oldest are let go
    #[arg(long, env = "DOTHI_DOWNLOAD_CACHE_MIB", default_value_t = 2048, global = true)]
    pub download_cache_mib: u64,
    /// Requests a second of one client address, ten times as many at once; 0 switches it off (by default 200, and none
    /// for programs on this machine)
    #[arg(long, env = "DOTHI_RATE_LIMIT", global = true)]
    pub rate_limit: Option<u32>,
}

impl Config {
    /// Refuses settings that would serve passwords in the clear, or links that lead nowhere.
    pub fn check(&self) -> Result<()> {
        let https = self.public_url.as_ref().is_some_and(|u| u.scheme() == "https");
        if !self.listen.ip().is_loopback() && !https && !self.behind_proxy {
            return Err(Error::Setup(format!(
                "DOTHI_LISTEN={}: listening elsewhere than on loopback sends passwords in the clear. Put a proxy with \
                 https in front and set DOTHI_BEHIND_PROXY=true, or DOTHI_PUBLIC_URL=https://…",
                self.listen
            )));
        }
        match &self.public_url {
            Some(url) if !matches!(url.scheme(), "http" | "https") || url.host().is_none() => {
                Err(Error::Setup(format!("DOTHI_PUBLIC_URL={url}: an http or https address was expected")))
            }
            _ => Ok(()),
        }
    }

    /// Base of absolute links, without a slash at the end.
    pub fn base_url(&self) -> String {
        self.public_url.as_ref().map_or_else(
            || format!("http://{}", self.listen),
            |u| u.as_str().trim_end_matches('/').to_owned(),
        )
    }

    /// Whether cookies must be `Secure`.
    pub fn is_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(|u| u.scheme() == "https")
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        config: Config,
    }

    fn config(flags: &[&str]) -> Config {
        Flags::parse_from(std::iter::once(&"dothi").chain(flags)).config
    }

    #[test]
    fn open_addresses_need_https_or_a_proxy() {
        assert!(config(&["--listen", "127.0.0.1:1"]).check().is_ok());
        assert!(config(&["--listen", "[::1]:1"]).check().is_ok());
        assert!(config(&["--listen", "0.0.0.0:1"]).check().is_err());
        assert!(config(&["--listen", "0.0.0.0:1", "--behind-proxy"]).check().is_ok());
        assert!(config(&["--listen", "0.0.0.0:1", "--public-url", "https://a.vn"]).check().is_ok());
        assert!(config(&["--listen", "0.0.0.0:1", "--public-url", "http://a.vn"]).check().is_err());
        assert!(config(&["--public-url", "ftp://a.vn"]).check().is_err());
    }

    #[test]
    fn links_start_at_the_public_address() {
        assert_eq!(config(&["--public-url", "https://a.vn/gis/"]).base_url(), "https://a.vn/gis");
        assert_eq!(config(&["--listen", "127.0.0.1:9"]).base_url(), "http://127.0.0.1:9");
    }
}
