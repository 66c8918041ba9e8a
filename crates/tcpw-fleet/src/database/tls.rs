//! TLS to the database: rustls with ring, the certificate always verified.

use super::address::TlsFiles;
use super::fault::FleetError;
use super::patience::Patient;
use postgres::Socket;
use postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tcpw_event::regular::read_regular;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// All authorities of a system have a twentieth of this.
const MOST_BYTES: u64 = 8 * 1024 * 1024;

/// Makes connections of TLS.
#[derive(Clone)]
pub(super) struct Maker {
    config: Arc<ClientConfig>,
    /// How long each answer may take.
    limit: Option<Duration>,
}

impl Maker {
    /// Reads the certificates that are trusted and, where there is one, the certificate of this machine.
    /// Each answer may take as long as `limit`, or any time.
    ///
    /// # Errors
    /// When a file cannot be read or used.
    pub(super) fn new(files: &TlsFiles, limit: Option<Duration>) -> Result<Self, FleetError> {
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| FleetError::Tls(error.to_string()))?
            .with_root_certificates(authorities(files.authorities.as_deref())?);
        let config = match &files.own {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let named = |cause: &dyn std::fmt::Display| {
                    FleetError::Tls(format!("sslkey {}: {cause}", key.display()))
                };
                let pem = read_regular(key, MOST_BYTES).map_err(|cause| named(&cause))?;
                let secret = PrivateKeyDer::from_pem_slice(&pem).map_err(|cause| named(&cause))?;
                builder
                    .with_client_auth_cert(certificates("sslcert", certificate)?, secret)
                    .map_err(|cause| named(&cause))?
            }
        };
        Ok(Self {
            config: Arc::new(config),
            limit,
        })
    }
}

/// The authorities in `file`, else the system's.
fn authorities(file: Option<&Path>) -> Result<RootCertStore, FleetError> {
    let found = match file {
        Some(path) => certificates("sslrootcert", path)?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    let mut roots = RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(found);
    if usable == 0 {
        let text = "there is not one certificate of an authority to trust; install ca-certificates, or name a file with sslrootcert";
        return Err(FleetError::Tls(text.to_owned()));
    }
    Ok(roots)
}

fn certificates(option: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, FleetError> {
    let named = |cause: &dyn std::fmt::Display| {
        FleetError::Tls(format!("{option} {}: {cause}", path.display()))
    };
    let pem = read_regular(path, MOST_BYTES).map_err(|cause| named(&cause))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    found.map_err(|cause| named(&cause))
}

impl MakeTlsConnect<Socket> for Maker {
    type Stream = Stream;
    type TlsConnect = Connector;
    type Error = io::Error;

    fn make_tls_connect(&mut self, host: &str) -> io::Result<Connector> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        Ok(Connector {
            config: self.config.clone(),
            name,
            limit: self.limit,
        })
    }
}

/// One connection that is about to speak TLS.
pub(super) struct Connector {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    limit: Option<Duration>,
}

impl TlsConnect<Socket> for Connector {
    type Stream = Stream;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        Box::pin(async move {
            let connector = TlsConnector::from(self.config);
            let stream = connector.connect(self.name, socket).await?;
            Ok(Stream(Patient::new(stream, self.limit)))
        })
    }
}

/// What is read and written once TLS is spoken.
pub(super) struct Stream(Patient<tokio_rustls::client::TlsStream<Socket>>);

impl TlsStream for Stream {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
