//! The reasons why an LFS object does not get to the destination, as far as each has advice of its own.

/// The reason why an LFS object does not get to the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LfsProblem {
    /// The server has no Git LFS, or not for this repository.
    NoService,
    /// The source does not have an object that its history names.
    Missing,
    /// The content that came has another hash than the object's name says.
    WrongContent,
    /// The server answered in another way than the API of Git LFS.
    Answer,
    /// The server sends the client to an address that must not be followed.
    Address,
    /// The objects are at another server than the repository, and that wants credentials.
    OtherServer,
    /// The server's storage for LFS is full, or paid for no more.
    Storage,
    /// The server's bandwidth for LFS is used up.
    Bandwidth,
    /// The server does not take this object.
    Refused,
    /// There are more pointers than this program keeps at a time.
    TooManyPointers,
    /// Entries of a pack may be pointers, and could not be read: differences to what is not at hand.
    Unread,
}
