//! HTTP for everybody: connections, TLS, proxies, redirects, early responses. Knows no repository.

pub mod api;
pub mod certificate;
pub mod challenge;
pub mod client;
pub mod connect;
pub mod content_coding;
pub mod early_response;
pub mod idle_clients;
pub mod network;
pub mod pace;
pub mod page;
pub mod pauses;
pub mod proxy_connection;
pub mod response;
pub mod retry_after;
pub mod status;
pub mod stream;
pub mod timeouts;
pub mod timestamp;
pub mod tls;
pub mod transport_error;
pub mod upload_body;
pub mod user_agent;
