//! The inputs of each side, and their names for advice.

use super::inputs;
use super::inputs::{CLONE_DIRECTORY, Input};
use crate::auth::identity::ConnectionType;
use crate::error::Side;

/// The inputs of one side.
pub(crate) struct SideInputs {
    pub(crate) side: Side,
    pub(crate) url: &'static Input,
    pub(crate) authentication: &'static Input,
    pub(crate) token: &'static Input,
    other_git: &'static Input,
    azure_devops: &'static Input,
    azure_resource_manager: &'static Input,
    azure_repos: &'static Input,
    github: &'static Input,
    pub(crate) app_id: &'static Input,
    pub(crate) app_key: &'static Input,
    pub(crate) verification: &'static Input,
    pub(crate) authority: &'static Input,
    pub(crate) host_kind: &'static Input,
}

pub(crate) const SOURCE: SideInputs = SideInputs {
    side: Side::Source,
    url: &inputs::SOURCE_URL,
    authentication: &inputs::SOURCE_AUTHENTICATION,
    token: &inputs::SOURCE_TOKEN,
    other_git: &inputs::SOURCE_OTHER_GIT,
    azure_devops: &inputs::SOURCE_AZURE_DEVOPS,
    azure_resource_manager: &inputs::SOURCE_AZURE_RESOURCE_MANAGER,
    azure_repos: &inputs::SOURCE_AZURE_REPOS,
    github: &inputs::SOURCE_GITHUB,
    app_id: &inputs::SOURCE_APP_ID,
    app_key: &inputs::SOURCE_APP_KEY,
    verification: &inputs::SOURCE_CERTIFICATE,
    authority: &inputs::SOURCE_AUTHORITY,
    host_kind: &inputs::SOURCE_HOST_KIND,
};

pub(crate) const DESTINATION: SideInputs = SideInputs {
    side: Side::Destination,
    url: &inputs::DESTINATION_URL,
    authentication: &inputs::DESTINATION_AUTHENTICATION,
    token: &inputs::DESTINATION_TOKEN,
    other_git: &inputs::DESTINATION_OTHER_GIT,
    azure_devops: &inputs::DESTINATION_AZURE_DEVOPS,
    azure_resource_manager: &inputs::DESTINATION_AZURE_RESOURCE_MANAGER,
    azure_repos: &inputs::DESTINATION_AZURE_REPOS,
    github: &inputs::DESTINATION_GITHUB,
    app_id: &inputs::DESTINATION_APP_ID,
    app_key: &inputs::DESTINATION_APP_KEY,
    verification: &inputs::DESTINATION_CERTIFICATE,
    authority: &inputs::DESTINATION_AUTHORITY,
    host_kind: &inputs::DESTINATION_HOST_KIND,
};

/// The names of the inputs of one side, for advice.
pub(crate) struct InputNames {
    pub(crate) url: &'static str,
    pub(crate) authentication: &'static str,
    pub(crate) token: &'static str,
    pub(crate) app_id: &'static str,
    pub(crate) verification: &'static str,
    pub(crate) authority: &'static str,
    side: &'static SideInputs,
}

/// Returns the names for advice about the clone directory, which is one of the source's.
pub(crate) fn names_of_clone() -> InputNames {
    InputNames { url: CLONE_DIRECTORY.name, ..SideInputs::of(Side::Source).names() }
}

impl SideInputs {
    /// Returns the inputs of a side.
    pub(crate) const fn of(side: Side) -> &'static Self {
        match side {
            Side::Source => &SOURCE,
            Side::Destination => &DESTINATION,
        }
    }

    /// Returns the input that takes a service connection of this type.
    pub(crate) const fn connection(&self, connection_type: ConnectionType) -> &'static Input {
        match connection_type {
            ConnectionType::OtherGit => self.other_git,
            ConnectionType::AzureDevOps => self.azure_devops,
            ConnectionType::AzureResourceManager => self.azure_resource_manager,
            ConnectionType::AzureRepos => self.azure_repos,
            ConnectionType::GitHub => self.github,
        }
    }

    pub(crate) const fn names(&'static self) -> InputNames {
        InputNames {
            url: self.url.name,
            authentication: self.authentication.name,
            token: self.token.name,
            app_id: self.app_id.name,
            verification: self.verification.name,
            authority: self.authority.name,
            side: self,
        }
    }
}

impl InputNames {
    /// Names the input that takes a service connection of this type.
    pub(crate) fn connection_of(&self, connection_type: ConnectionType) -> &'static str {
        self.side.connection(connection_type).name
    }
}
