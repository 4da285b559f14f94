//! From a path or URL to a place that keeps snapshots.
//!
//! In: what is configured, and for object stores the environment (`AWS_…`, `GOOGLE_…`, `AZURE_…`). Out: a [`Store`]. It
//! refuses credentials in a URL: URLs are shown in messages.

use std::path::Path as FilePath;
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStoreScheme, parse_url_opts};
use url::Url;

use super::error::{Cause, StoreError};
use super::{MOST, Store};
use crate::model::Text;

/// Names of environment variables that configure object stores begin so.
const ENVIRONMENT: [&str; 3] = ["AWS_", "GOOGLE_", "AZURE_"];

impl Store {
    /// Opens a place: a path or `file:///…` is a directory, made where there is none; `memory://` is gone with the
    /// process; `s3://bucket/prefix`, `gs://…` and `az://…` are object stores, where this build has them.
    ///
    /// An object store is not asked anything yet: whether it can be reached shows at first use.
    pub fn open(url: &str) -> Result<Self, StoreError> {
        if !url.contains("://") {
            return Self::directory(FilePath::new(url));
        }
        // Not shown: it may hold anything.
        let wrong = |why: String| StoreError::Place { place: Text::new("URL"), why };
        let parsed = Url::parse(url).map_err(|error| wrong(format!("cannot be read: {error}")))?;
        if parsed.password().is_some() || parsed.query().is_some() {
            return Err(wrong("credentials and options belong in the environment, not in the URL".to_owned()));
        }
        match parsed.scheme() {
            "memory" => Ok(Self::new(Arc::new(InMemory::new()), Path::default(), url)),
            "file" => match parsed.to_file_path() {
                Ok(path) => Self::directory(&path),
                Err(()) => Err(StoreError::Place {
                    place: Text::new(url),
                    why: "not a local path: write file:///path with three slashes".to_owned(),
                }),
            },
            _ => Self::remote(&parsed),
        }
    }

    fn new(objects: Arc<dyn object_store::ObjectStore>, prefix: Path, place: &str) -> Self {
        Self { objects, prefix, place: Text::new(place), directory: None, most: MOST }
    }

    fn directory(path: &FilePath) -> Result<Self, StoreError> {
        let failed = |cause: Cause| StoreError::failed(format!("open snapshot store {}", path.display()), cause);
        std::fs::create_dir_all(path).map_err(|e| failed(e.into()))?;
        // Whoever was told that a snapshot is saved may let go of the log: it must be on the disk by then.
        let objects = LocalFileSystem::new_with_prefix(path).map_err(|e| failed(e.into()))?.with_fsync(true);
        let store = Self::new(Arc::new(objects), Path::default(), &path.to_string_lossy());
        Ok(Self { directory: Some(path.to_owned()), ..store })
    }

    fn remote(url: &Url) -> Result<Self, StoreError> {
        let place = Text::new(url.as_str());
        let scheme = ObjectStoreScheme::parse(url).map(|(scheme, _)| scheme);
        let (feature, is_built_in) = match scheme {
            Ok(ObjectStoreScheme::AmazonS3) => ("s3", cfg!(feature = "s3")),
            Ok(ObjectStoreScheme::GoogleCloudStorage) => ("gcs", cfg!(feature = "gcs")),
            Ok(ObjectStoreScheme::MicrosoftAzure) => ("azblob", cfg!(feature = "azblob")),
            _ => {
                let why = "of no known kind: it is a path, file:///path, memory://, s3://bucket/prefix, \
                           gs://bucket/prefix or az://container/prefix";
                return Err(StoreError::Place { place, why: why.to_owned() });
            }
        };
        if !is_built_in {
            return Err(StoreError::NotBuiltIn { place, feature });
        }
        let (objects, prefix) = parse_url_opts(url, environment())
            .map_err(|error| StoreError::failed(format!("open snapshot store {place}"), error))?;
        Ok(Self::new(objects.into(), prefix, &place))
    }
}

fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| ENVIRONMENT.iter().any(|start| name.starts_with(start)))
}
