//! The reasons why the repositories of a project or an organization are not listed, created or matched.

/// The reason why a container of repositories cannot be mirrored as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerProblem {
    /// The host answers with something else than a list of repositories.
    NoList,
    /// The list is not whole.
    CutShort,
    /// The list has no end in sight.
    Endless,
    /// The source is a container, and the destination one repository.
    OneDestination,
    /// The source is one repository, and the destination a container.
    OneSource,
    /// Source and destination are the same container.
    Same,
    /// A clone directory was asked for, which is for one repository.
    CloneDirectory,
    /// The destination is an organization whose repositories are in projects, and the source has none.
    NoProject,
    /// The list of the source is empty.
    NothingListed,
    /// No repository of the list is selected.
    NothingSelected,
}

/// The reason why a destination is not created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateProblem {
    /// Its host has no interface that is known here, or none can be asked with what signs in.
    NoInterface,
    /// The host has one of this name, and does not show it.
    NameTaken,
    /// All that is in the project there is seen by more than was asked for. Nothing was created.
    WiderProject,
    /// The group there lets nothing in it be as visible as was asked for. Nothing was created.
    NarrowerGroup,
    /// The new repository is seen by more than was asked for. It is empty, and stays so.
    WiderThanAsked,
    /// The host answered with something else than what it created.
    Answer,
}
