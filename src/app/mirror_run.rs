//! One mirror of a step under way: what it is about, and what it has come to so far.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::default_branch::Before;
use super::services::Services;
use crate::agent::log::Log;
use crate::config::mirror_spec::MirrorSpec;
use crate::config::step::Step;
use crate::lfs::copies::LfsReport;
use crate::mirror::events::Events;
use crate::mirror::push_size::PushSize;
use crate::mirror::push_started::PushStarted;
use crate::report::connection_test::ConnectionTest;
use crate::report::course::CourseRecorder;
use crate::report::outcome::{Created, DefaultBranchEnd};
use crate::report::progress::Progress;
use crate::transport::Context;

/// One mirror of a step under way.
pub(crate) struct MirrorRun<'a> {
    pub(super) step: &'a Step,
    pub(super) spec: &'a Arc<MirrorSpec>,
    pub(super) services: &'a Services,
    pub(super) context: Context,
    pub(super) log: &'a Log,
    pub(super) push_started: &'a PushStarted,
    /// The recorder of its course, which gets its events.
    pub(super) course: Arc<CourseRecorder>,
    /// The address at which the source was read last, if its server redirected to another.
    pub(super) redirected: RefCell<Option<Box<str>>>,
    /// The connection test of the last attempt, in a dry run.
    pub(super) connection_test: RefCell<Option<ConnectionTest>>,
    /// The creation of the destination in any of the attempts.
    pub(super) created: Cell<Created>,
    /// The default branch of the destination after the last attempt that came so far.
    pub(super) default_branch: RefCell<DefaultBranchEnd>,
    /// The size of a push that the destination takes, as the attempts so far have learned it.
    pub(super) push_size: Cell<Option<PushSize>>,
    /// The branches of the destination before the first attempt, once it was listed.
    pub(super) before: Cell<Option<Before>>,
    /// The LFS objects that were copied to the destination in all attempts.
    pub(super) lfs: RefCell<LfsReport>,
    /// The time at which the destination was last listed, in seconds since 1970.
    pub(super) verified_at: Cell<Option<u64>>,
}

impl<'a> MirrorRun<'a> {
    pub(crate) fn new(
        step: &'a Step,
        spec: &'a Arc<MirrorSpec>,
        services: &'a Services,
        log: &'a Log,
        progress: Progress,
        push_started: &'a PushStarted,
    ) -> Self {
        let course = Arc::new(CourseRecorder::start(Arc::new(progress)));
        let events: Arc<dyn Events> = Arc::<CourseRecorder>::clone(&course);
        let context = services.context(step, log, events);
        Self {
            step,
            spec,
            services,
            context,
            log,
            push_started,
            course,
            redirected: RefCell::default(),
            connection_test: RefCell::default(),
            created: Cell::new(Created::No),
            default_branch: RefCell::new(DefaultBranchEnd::Left),
            push_size: Cell::default(),
            before: Cell::default(),
            lfs: RefCell::default(),
            verified_at: Cell::default(),
        }
    }
}
