//! The run's page as Markdown: a pure function of what was done.

use super::cells::{code_span, prose};
use super::links::Links;
use crate::agent::masks::Masks;
use crate::config::mirror_spec::MirrorSpec;
use crate::config::step::Step;
use crate::hosts::account::Account;
use crate::lfs::copies::LfsReport;
use crate::mirror::plan::{Difference, KeptReason};
use crate::mirror::ports::Mode;
use crate::mirror::report::{Counts, Outcome, Report};
use crate::protocol::object_id::ObjectId;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_name::RefName;
use crate::report::connection_test::{self, ConnectionTest};
use crate::report::counts;
use crate::report::ending::Ending;
use crate::report::lfs_issues;
use crate::report::plan_lines::REF;
use crate::report::problems::{Problem, Problems};
use crate::report::units::{Bytes, Count, Elapsed, and_rate, more};

/// Number of refs that a table has at most; the rest is counted.
const ROWS: usize = 200;

/// The things that a table lists.
#[derive(Clone, Copy, Debug)]
enum Rows {
    Refs,
    Objects,
}

impl Rows {
    fn name(self) -> &'static str {
        match self {
            Self::Refs => REF,
            Self::Objects => "object",
        }
    }

    /// Returns the number of rows that a table has at most; the rest is counted.
    fn most(self) -> usize {
        match self {
            Self::Refs => ROWS,
            Self::Objects => lfs_issues::SHOWN,
        }
    }
}

/// Size that the page may reach by rows, in bytes: the agent uploads it, and a browser shows it whole.
const SIZE: usize = 1 << 20;

/// The heading of a table, and what is in it.
type Table = (&'static str, fn(&Outcome) -> bool);

/// The tables of what does not stand as it should.
const TROUBLED: [Table; 3] = [
    ("Refused", |outcome| matches!(outcome, Outcome::Rejected(_))),
    ("Left out", |outcome| matches!(outcome, Outcome::Unsupported(_))),
    ("Not done", |outcome| {
        matches!(
            outcome,
            Outcome::ChangedConcurrently
                | Outcome::ReportedButUnchanged
                | Outcome::Unknown
                | Outcome::NotPushed
        )
    }),
];

/// The content of a page.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    /// The step that it tells of.
    pub(crate) step: &'a Step,
    /// The ends of its mirrors.
    pub(crate) endings: &'a [Ending<'a>],
}

impl Page<'_> {
    /// Writes the page, without these secrets.
    pub(crate) fn markdown(&self, masks: Masks) -> String {
        let mut writer = Writer { step: self.step, links: None, masks, out: String::new() };
        for ending in self.endings {
            if self.endings.len() > 1 {
                let name = code_span(&ending.outcome.mirror.name(), &writer.masks);
                writer.paragraph(&format!("## {name}"));
            }
            writer.mirror(ending);
        }
        writer.footnote();
        writer.out
    }
}

/// Says what was relayed in so long a time, and what came of it.
fn pack(report: &Report, mode: Mode) -> String {
    let Counts { created, updated, deleted, not_done, .. } = report.counts();
    let was_applied = created + updated + deleted > 0 || report.interruption.is_none();
    let size = match (mode, report.pack_bytes) {
        (Mode::DryRun, _) => return "not sent".to_owned(),
        (Mode::Mirror, 0) if not_done > 0 => return "not relayed".to_owned(),
        (Mode::Mirror, 0) => return "nothing to send".to_owned(),
        (Mode::Mirror, bytes) => Bytes(bytes),
    };
    let rate = and_rate(report.pack_bytes, report.pack_time);
    format!("{size}{rate}{}", if was_applied { "" } else { ", relayed, not applied" })
}

/// Says what came of LFS objects, if any were needed.
fn lfs_row(lfs: &LfsReport, mode: Mode) -> Option<String> {
    let done = if mode == Mode::DryRun { "to copy" } else { "copied" };
    let copied = counts::objects_of(lfs).map(|objects| format!("{objects} {done}"));
    let missing = (!lfs.missing.is_empty()).then(|| format!("{} missing at the source", lfs.missing.len()));
    let without = lfs.without_service.map(|(side, objects)| {
        format!("the {side} has none, {} not copied", Count(objects as u64, "object"))
    });
    let parts: Vec<_> = [copied, missing, without].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

struct Writer<'a> {
    step: &'a Step,
    masks: Masks,
    /// The pages of the destination of the mirror that is told of.
    links: Option<Links>,
    out: String,
}

impl Writer<'_> {
    fn mirror(&mut self, ending: &Ending<'_>) {
        let outcome = ending.outcome;
        self.links = Links::of(&outcome.mirror.destination);
        self.overview(ending);
        if let Some(test) = ending.connection_test() {
            self.connection_test(test);
        }
        for Problem { what, advice } in &ending.problems {
            let what = code_span(what, &self.masks);
            self.paragraph(&format!("{what}  \n{}", prose(advice)));
        }
        self.objects(ending);
        if let Some(report) = outcome.report() {
            self.problems(report, &outcome.mirror);
            self.changes(report);
            self.kept(report);
        }
    }

    fn overview(&mut self, ending: &Ending<'_>) {
        let (outcome, mirror, mode) = (ending.outcome, &ending.outcome.mirror, self.step.mode);
        let source = code_span(&mirror.source.url.to_string(), &self.masks);
        let destination = code_span(&mirror.destination.url.to_string(), &self.masks);
        let destination = self.linked(destination, self.links.as_ref().map(|links| links.base.clone()));
        let mut rows = vec![["From".to_owned(), source]];
        if let Some(address) = &outcome.redirected {
            rows.push(["Redirected to".to_owned(), code_span(address, &self.masks)]);
        }
        rows.push(["To".to_owned(), destination]);
        if let Some(report) = outcome.report() {
            rows.push(["Refs".to_owned(), counts::of_report(report, mode)]);
            rows.push(["Pack".to_owned(), pack(report, mode)]);
        }
        rows.extend(lfs_row(&outcome.lfs, mode).map(|words| ["Git LFS".to_owned(), words]));
        rows.push(["Time".to_owned(), Elapsed(outcome.elapsed).to_string()]);
        self.table(["Result", &prose(&capitalised(&ending.words))], &rows);
    }

    fn connection_test(&mut self, test: &ConnectionTest) {
        let ours = |text: &str| prose(&self.masks.clean(text));
        let rows = test.sides().map(|(side, connection)| {
            [
                capitalised(&side.to_string()),
                ours(&connection.sign_in.in_words(side, self.step.caller)),
                match &connection.account {
                    Some(Account::Named(name)) => code_span(name, &self.masks),
                    Some(account) => ours(connection_test::in_words(account)),
                    None => "–".to_owned(),
                },
                ours(&connection.result(side)),
            ]
        });
        self.paragraph("### Connection test");
        self.table(["Side", "Sign-in", "Account", "Result"], &rows);
        self.paragraph(&format!("{}.", prose(&capitalised(&test.verdict()))));
    }

    /// Tells of LFS objects that are not at the destination.
    fn objects(&mut self, ending: &Ending<'_>) {
        for Problem { what, advice } in lfs_issues::problems(self.step, ending.outcome) {
            let what = code_span(&what, &self.masks);
            self.paragraph(&format!("{what}  \n{}", prose(&advice)));
        }
        let missing = &ending.outcome.lfs.missing;
        self.list(
            "LFS objects that the source does not have",
            Rows::Objects,
            ["Object", "Size"],
            missing.iter(),
            |_, object| Some([format!("`{}`", object.oid), Bytes(object.size).to_string()]),
        );
    }

    fn changes(&mut self, report: &Report) {
        for (outcome, words) in [
            (Outcome::Done, ["Created", "Updated", "Deleted"]),
            (Outcome::Planned, ["To create", "To update", "To delete"]),
        ] {
            let [created, updated, deleted] = words;
            let of_kind =
                || report.outcomes.iter().filter(|ref_| ref_.outcome == outcome).map(|ref_| &ref_.update);
            self.list(created, Rows::Refs, ["Ref", "Commit"], of_kind(), |writer, update| match update {
                RefUpdate::Create { name, new } => Some([writer.name(name), writer.commit(name, *new)]),
                _ => None,
            });
            self.list(updated, Rows::Refs, ["Ref", "Old → new"], of_kind(), |writer, update| match update {
                RefUpdate::Update { name, old, new } => {
                    Some([writer.name(name), format!("`{old:.10}` → {}", writer.commit(name, *new))])
                }
                _ => None,
            });
            self.list(deleted, Rows::Refs, ["Ref", "Was"], of_kind(), |writer, update| match update {
                RefUpdate::Delete { name, old } => {
                    Some([code_span(&name.to_string(), &writer.masks), format!("`{old:.10}`")])
                }
                _ => None,
            });
        }
    }

    /// Lists what does not stand as it should by what there is to do, so that advice stands there once.
    fn problems(&mut self, report: &Report, mirror: &MirrorSpec) {
        let problems = Problems::of(report, mirror, self.step.caller);
        for (title, is_such) in TROUBLED {
            let mut by_advice: Vec<(String, Vec<(&RefName, String)>)> = Vec::new();
            for ref_ in report.outcomes.iter().filter(|ref_| is_such(&ref_.outcome)) {
                let Some(Problem { what, advice }) = problems.of_ref(ref_) else { continue };
                let row = (ref_.update.name(), what);
                match by_advice.iter_mut().find(|(given, _)| *given == advice) {
                    Some((_, rows)) => rows.push(row),
                    None => by_advice.push((advice, vec![row])),
                }
            }
            for (advice, rows) in by_advice {
                let mut above = "";
                let rows =
                    rows.iter().map(|(name, why)| (name, why, std::mem::replace(&mut above, why) == why));
                self.list(title, Rows::Refs, ["Ref", "Why"], rows, |writer, (name, why, is_above)| {
                    let why = if is_above { "as above".to_owned() } else { code_span(why, &writer.masks) };
                    Some([code_span(&name.to_string(), &writer.masks), why])
                });
                if !advice.is_empty() {
                    self.paragraph(&prose(&advice));
                }
            }
        }
    }

    fn kept(&mut self, report: &Report) {
        for (difference, title) in [
            (Difference::Extra, "Kept, although the source lacks them"),
            (Difference::Value, "Kept, although the source has other values"),
        ] {
            let kept = report.kept.iter().filter(|kept| kept.difference == difference);
            self.list(title, Rows::Refs, ["Ref", "Why"], kept, |writer, kept| {
                let why = match &kept.reason {
                    KeptReason::DefaultBranch => "the destination's default branch".to_owned(),
                    KeptReason::TargetOf(alias) => {
                        format!("{} stands for it", code_span(&alias.to_text(), &writer.masks))
                    }
                    KeptReason::SymbolicFor(target) => {
                        format!("symbolic for {}", code_span(&target.to_string(), &writer.masks))
                    }
                };
                Some([writer.name(&kept.name), why])
            });
        }
    }

    /// Writes a heading and a table of what `row` makes a row of; nothing where that is nothing.
    fn list<T, const N: usize>(
        &mut self,
        title: &str,
        of: Rows,
        head: [&str; N],
        items: impl Iterator<Item = T>,
        row: impl Fn(&Self, T) -> Option<[String; N]>,
    ) {
        let mut rows = items.filter_map(|item| row(self, item));
        let (mut shown, mut size) = (Vec::new(), self.out.len());
        while shown.len() < of.most()
            && size < SIZE
            && let Some(row) = rows.next()
        {
            size += row.iter().map(String::len).sum::<usize>();
            shown.push(row);
        }
        let rest = rows.count();
        if shown.is_empty() && rest == 0 {
            return;
        }
        self.paragraph(&format!("### {title}: {}", shown.len() + rest));
        if !shown.is_empty() {
            self.table(head, &shown);
        }
        if rest > 0 {
            self.paragraph(&format!("and {}", more(rest, of.name())));
        }
    }

    fn table<const N: usize>(&mut self, head: [&str; N], rows: &[[String; N]]) {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        self.out.push_str(&line(&head.map(str::to_owned)));
        self.out.push_str(&line(&head.map(|_| "---".to_owned())));
        for row in rows {
            self.out.push_str(&line(row));
        }
        self.out.push('\n');
    }

    /// Explains escapes, where there are any.
    fn footnote(&mut self) {
        if self.out.contains("\\u{") {
            self.paragraph(
                "A text such as `\\u{7c}` stands for a character that does not show, or that would end a cell here: \
                 `\\u{3c}` is “less than”, `\\u{3e}` “greater than”, `\\u{60}` a backtick, `\\u{7c}` a bar.",
            );
        }
    }

    fn paragraph(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push_str("\n\n");
    }

    fn name(&self, name: &RefName) -> String {
        let shows_all = |text: &str| self.masks.clean(text) == text;
        let links = self.links.as_ref().filter(|_| shows_all(&name.to_string()));
        self.linked(code_span(&name.to_string(), &self.masks), links.and_then(|links| links.of_ref(name)))
    }

    fn commit(&self, name: &RefName, id: ObjectId) -> String {
        self.linked(format!("`{id:.10}`"), self.links.as_ref().and_then(|links| links.of_commit(name, id)))
    }

    /// Makes a link, unless its address shows a secret.
    fn linked(&self, text: String, link: Option<String>) -> String {
        match link {
            Some(link) if self.masks.clean(&link) == link => format!("[{text}]({link})"),
            _ => text,
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
