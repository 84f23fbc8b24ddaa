//! Opens a collection by its address.

#[cfg(feature = "milvus")]
use super::Milvus;
use super::{Address, Collection, CollectionMoment, Engine, Local, LocalMoment, ServerAddress, StoredModel};
use std::path::Path;

use crate::embed::Fingerprint;
use crate::error::{Error, Result};
use crate::store::Store;

impl Collection {
    /// Opens a collection.
    ///
    /// # Errors
    /// [`Error::NoStore`], [`Error::ServerNotBuilt`], or when the collection cannot be read.
    pub fn open(address: &Address) -> Result<Self> {
        match address {
            Address::Folder(dir) => Store::open(dir)?.try_into(),
            Address::Server(server) => open_server(server),
        }
    }

    /// Opens a collection for vectors of this fingerprint, and creates it if it does not exist. `path` is the folder of the model, if
    /// its name does not find it. The model need not be on this machine.
    ///
    /// # Errors
    /// As [`Collection::open`]; [`Error::FingerprintDiffers`] if it has vectors of another model.
    pub fn open_or_create(address: &Address, fingerprint: &Fingerprint, path: Option<&Path>) -> Result<Self> {
        match address {
            Address::Folder(dir) => Store::open_or_create(dir, fingerprint, path)?.try_into(),
            #[cfg(feature = "milvus")]
            Address::Server(server) => Milvus::open_or_create(server, fingerprint, path).map(Self::Milvus),
            #[cfg(not(feature = "milvus"))]
            Address::Server(server) => open_server(server),
        }
    }

    /// The engine over a store in a folder, if it is that.
    #[must_use]
    pub fn local(&self) -> Option<&Local> {
        #[allow(irrefutable_let_patterns)] // in a build with one engine
        if let Self::Local(local) = self { Some(local) } else { None }
    }

    /// The store in a folder, if it is that.
    #[must_use]
    pub fn store(&self) -> Option<&Store> {
        self.local().map(Local::store)
    }

    /// The engine over a store in a folder, for work that needs one; see [`Address::folder`].
    ///
    /// # Errors
    /// [`Error::OnlyInFolder`].
    pub fn in_folder(&self, what: &'static str, instead: &'static str) -> Result<&Local> {
        self.local().ok_or_else(|| Error::OnlyInFolder { what, store: self.place(), instead })
    }
}

impl CollectionMoment<'_> {
    /// The moment of a store in a folder, if it is that.
    #[must_use]
    pub fn local(&self) -> Option<&LocalMoment<'_>> {
        #[allow(irrefutable_let_patterns)] // in a build with one engine
        if let Self::Local(moment) = self { Some(moment) } else { None }
    }
}

impl StoredModel {
    /// The model of a collection, which is not opened for searching.
    ///
    /// # Errors
    /// As [`Collection::open`].
    pub fn at(address: &Address) -> Result<Self> {
        match address {
            Address::Folder(dir) => Self::of_store(&Store::open(dir)?),
            Address::Server(server) => open_server(server)?.stored_model(),
        }
    }
}

#[cfg(feature = "milvus")]
fn open_server(server: &ServerAddress) -> Result<Collection> {
    Milvus::open(server).map(Collection::Milvus)
}

#[cfg(not(feature = "milvus"))]
fn open_server(server: &ServerAddress) -> Result<Collection> {
    Err(server.not_built())
}

impl TryFrom<Store> for Collection {
    type Error = Error;

    fn try_from(store: Store) -> Result<Self> {
        Local::open(store).map(Self::Local)
    }
}
