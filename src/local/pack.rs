//! A pack of a local repository: a thread builds it, its reader pulls it through a bounded channel.
//!
//! libgit2 names the bases of deltas by id and never outside the pack, which every receiver understands.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use git2::{Object, ObjectType, PackBuilder, PackBuilderStage, Repository, Revwalk, Sort};

use super::repository::{failure, oid, open, require_running};
use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Failure, LocalProblem, Phase, RemoteLabel};
use crate::mirror::events::{Event, Events};
use crate::mirror::ports::Pack;
use crate::protocol::fetch::filter::Filter;
use crate::protocol::fetch::{FetchRequest, ProgressText};
use crate::protocol::object_id::ObjectId;

/// Number of bytes that travel together; libgit2 gives an object's header and body in small pieces.
const PIECE: usize = 64 * 1024;

/// Number of pieces that may wait for the reader.
const WAITING: usize = 16;

/// Interval at which whoever waits for the thread looks whether the run goes on.
const LOOK: Duration = Duration::from_millis(50);

/// The part of what the wanted objects reach that goes into a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    All,
    /// The commits and the tags of it; of other objects the wanted ones alone.
    Commits,
    /// The wanted objects alone, and what tags among them are of.
    Tips,
}

impl Part {
    /// Returns the part that a request asks for.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for any other depth or filter: libgit2 has none.
    pub(super) fn of(request: &FetchRequest) -> Result<Self, Failure> {
        let FetchRequest { depth, filter, .. } = request;
        let newest = FetchRequest::tips_alone(Vec::new()).depth;
        match filter {
            None if depth.is_none() => Ok(Self::All),
            Some(Filter::TreeDepth(0)) if depth.is_none() => Ok(Self::Commits),
            Some(Filter::TreeDepth(0)) if *depth == newest => Ok(Self::Tips),
            _ => {
                let message = format!("a repository on this machine cannot give {request}");
                Err(Failure::new(ErrorKind::Unsupported, message))
            }
        }
    }
}

impl Part {
    /// Counts its objects.
    pub(super) fn count(
        self,
        repository: &Repository,
        request: &FetchRequest,
        cancel: &CancelToken,
    ) -> Result<usize, git2::Error> {
        require_running(cancel)?;
        let mut builder = repository.packbuilder()?;
        let runs = cancel.clone();
        builder.set_progress_callback(move |_, _, _| runs.reason().is_none())?;
        self.select(repository, request, &mut builder)?;
        Ok(builder.object_count())
    }

    /// Puts its objects in.
    fn select(
        self,
        repository: &Repository,
        request: &FetchRequest,
        builder: &mut PackBuilder<'_>,
    ) -> Result<(), git2::Error> {
        match self {
            Self::All => select(repository, request, builder),
            Self::Commits => select_commits(repository, request, builder),
            Self::Tips => select_tips(repository, request, builder),
        }
    }
}

/// The one who asks for a pack, as errors and the log speak of it.
#[derive(Clone, Copy)]
pub(super) struct Asker<'a> {
    /// The repository.
    pub(super) label: &'a RemoteLabel,
    /// The step of the run.
    pub(super) phase: Phase,
    /// Hears the progress.
    pub(super) events: &'a dyn Events,
    /// Ends the work early.
    pub(super) cancel: &'a CancelToken,
}

/// A message of the building thread.
enum Message {
    Bytes(Vec<u8>),
    ProgressText(String),
    End(Result<(), Failure>),
}

/// The reader's end. Dropping it ends the thread.
pub(crate) struct LocalPack<'a> {
    messages: Option<Receiver<Message>>,
    builder: Option<JoinHandle<()>>,
    piece: Vec<u8>,
    given: usize,
    label: &'a RemoteLabel,
    phase: Phase,
    events: &'a dyn Events,
    cancel: CancelToken,
}

impl<'a> LocalPack<'a> {
    /// Starts the thread and waits for the first bytes: until then objects are counted and compressed, and
    /// no destination should have to wait for that with its request half sent.
    pub(super) fn start(
        path: &Path,
        request: &FetchRequest,
        part: Part,
        asker: Asker<'a>,
    ) -> Result<Self, Error> {
        let Asker { label, phase, events, cancel } = asker;
        let (sender, messages) = sync_channel(WAITING);
        let (path, request, runs): (PathBuf, _, _) = (path.to_owned(), request.clone(), cancel.clone());
        let builder = thread::spawn(move || {
            let result = build(&path, &request, part, &sender, &runs);
            // No receiver: the reader has gone, and needs no answer.
            sender.send(Message::End(result)).ok();
        });
        let mut pack = Self {
            messages: Some(messages),
            builder: Some(builder),
            piece: Vec::new(),
            given: 0,
            label,
            phase,
            events,
            cancel: cancel.clone(),
        };
        pack.refill()?;
        Ok(pack)
    }

    /// Waits for what the thread says next, as long as the run goes on.
    fn next(&self, messages: &Receiver<Message>) -> Message {
        loop {
            match messages.recv_timeout(LOOK) {
                Ok(message) => return message,
                Err(RecvTimeoutError::Timeout) => {
                    if let Err(stopped) = require_running(&self.cancel) {
                        return Message::End(Err(failure(&stopped)));
                    }
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Message::End(Err(Failure::new(
                        ErrorKind::Local(LocalProblem::Repository),
                        "the pack's builder died",
                    )));
                }
            }
        }
    }

    /// Waits for the next piece; there is none after the end.
    fn refill(&mut self) -> Result<(), Error> {
        while let Some(messages) = &self.messages {
            match self.next(messages) {
                Message::Bytes(piece) => {
                    (self.piece, self.given) = (piece, 0);
                    return Ok(());
                }
                Message::ProgressText(text) => {
                    let text = text.as_bytes();
                    self.events.on(Event::ServerText { side: self.label.side, text });
                }
                Message::End(result) => {
                    self.messages = None;
                    return result.map_err(|failure| self.label.error(self.phase, failure));
                }
            }
        }
        Ok(())
    }
}

impl Pack for LocalPack<'_> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Error> {
        if self.given == self.piece.len() {
            (self.piece, self.given) = (Vec::new(), 0);
            self.refill()?;
        }
        let (_, rest) = self.piece.split_at(self.given);
        let count = rest.len().min(buf.len());
        buf.split_at_mut(count).0.copy_from_slice(rest.split_at(count).0);
        self.given += count;
        Ok(count)
    }
}

impl Drop for LocalPack<'_> {
    fn drop(&mut self) {
        // Without a receiver the thread's next word fails, and it ends.
        self.messages = None;
        // Where the run is stopped there is no time to wait for that: libgit2 walks a long history in one step.
        if let Some(builder) = self.builder.take()
            && self.cancel.reason().is_none()
        {
            builder.join().ok();
        }
    }
}

fn build(
    path: &Path,
    request: &FetchRequest,
    part: Part,
    sender: &SyncSender<Message>,
    cancel: &CancelToken,
) -> Result<(), Failure> {
    let repository = open(path)?;
    write_pack(&repository, request, part, sender, cancel).map_err(|error| failure(&error))
}

fn write_pack(
    repository: &Repository,
    request: &FetchRequest,
    part: Part,
    sender: &SyncSender<Message>,
    cancel: &CancelToken,
) -> Result<(), git2::Error> {
    require_running(cancel)?;
    let mut builder = repository.packbuilder()?;
    // One a processor.
    builder.set_threads(0);
    let (sink, progress, runs) = (sender.clone(), request.progress, cancel.clone());
    builder.set_progress_callback(move |stage, done, of| {
        let is_heard = progress == ProgressText::Unwanted || tell(&sink, stage, done, of);
        is_heard && runs.reason().is_none()
    })?;
    part.select(repository, request, &mut builder)?;
    let mut piece = Vec::with_capacity(PIECE);
    builder.foreach(|bytes| {
        piece.extend_from_slice(bytes);
        let is_taken = piece.len() < PIECE || sender.send(Message::Bytes(std::mem::take(&mut piece))).is_ok();
        is_taken && cancel.reason().is_none()
    })?;
    sender.send(Message::Bytes(piece)).map_err(|_| git2::Error::from_str("the pack's reader has gone"))
}

/// Says how far it is, unless the reader has other things to read; false once it has gone.
fn tell(sender: &SyncSender<Message>, stage: PackBuilderStage, done: u32, of: u32) -> bool {
    let text = match stage {
        PackBuilderStage::AddingObjects => format!("Counting objects: {done}\r"),
        PackBuilderStage::Deltafication => format!("Compressing objects: {done}/{of}\r"),
    };
    !matches!(sender.try_send(Message::ProgressText(text)), Err(TrySendError::Disconnected(_)))
}

/// Puts in what the wants reach and the haves do not.
fn select(
    repository: &Repository,
    request: &FetchRequest,
    builder: &mut PackBuilder<'_>,
) -> Result<(), git2::Error> {
    let mut walk = repository.revwalk()?;
    walk.set_sorting(Sort::TIME)?;
    for want in &request.wants {
        insert(repository, *want, builder, &mut walk)?;
    }
    hide(repository, &request.haves, &mut walk)?;
    builder.insert_walk(&mut walk)
}

/// Puts in the commits that the wants reach and the haves do not, the newest first, and the wanted objects that are none.
fn select_commits(
    repository: &Repository,
    request: &FetchRequest,
    builder: &mut PackBuilder<'_>,
) -> Result<(), git2::Error> {
    let mut walk = repository.revwalk()?;
    walk.set_sorting(Sort::TIME)?;
    for want in &request.wants {
        let object = insert_tags(repository, *want, builder)?;
        match object.kind() {
            Some(ObjectType::Commit) => walk.push(object.id())?,
            _ => builder.insert_object(object.id(), None)?,
        }
    }
    hide(repository, &request.haves, &mut walk)?;
    for commit in walk {
        builder.insert_object(commit?, None)?;
    }
    Ok(())
}

/// Leaves out of a walk what the haves reach.
fn hide(repository: &Repository, haves: &[ObjectId], walk: &mut Revwalk<'_>) -> Result<(), git2::Error> {
    for have in haves {
        // One that this repository does not have, or that is no commit, spares nothing.
        let object = repository.find_object(oid(*have)?, None);
        if let Ok(commit) = object.and_then(|object| object.peel(ObjectType::Commit)) {
            walk.hide(commit.id())?;
        }
    }
    Ok(())
}

/// Puts in the wanted objects, and tags one by one down to what they name.
fn select_tips(
    repository: &Repository,
    request: &FetchRequest,
    builder: &mut PackBuilder<'_>,
) -> Result<(), git2::Error> {
    for want in &request.wants {
        let object = insert_tags(repository, *want, builder)?;
        builder.insert_object(object.id(), None)?;
    }
    Ok(())
}

/// Puts in one wanted object: tags one by one down to what they name, a commit by way of the walk.
fn insert(
    repository: &Repository,
    want: ObjectId,
    builder: &mut PackBuilder<'_>,
    walk: &mut Revwalk<'_>,
) -> Result<(), git2::Error> {
    let object = insert_tags(repository, want, builder)?;
    match object.kind() {
        Some(ObjectType::Commit) => walk.push(object.id()),
        Some(ObjectType::Tree) => builder.insert_tree(object.id()),
        _ => builder.insert_object(object.id(), None),
    }
}

/// Puts in the tags on the way from an object, and returns what is at its end.
fn insert_tags<'a>(
    repository: &'a Repository,
    id: ObjectId,
    builder: &mut PackBuilder<'_>,
) -> Result<Object<'a>, git2::Error> {
    let mut object = repository.find_object(oid(id)?, None)?;
    while let Some(tag) = object.as_tag() {
        builder.insert_object(tag.id(), None)?;
        object = tag.target()?;
    }
    Ok(object)
}
