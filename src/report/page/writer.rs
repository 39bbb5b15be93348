//! The writer of the page: paragraphs, tables and links, within a bound.

use super::links::Links;
use crate::agent::masks::Masks;
use crate::config::step::Step;
use crate::report::lfs_issues;
use crate::report::plan_lines::REF;
pub(super) use crate::report::units::capitalised;
use crate::report::units::more;

/// Number of refs that a table has at most; the rest is counted.
pub(super) const ROWS: usize = 200;

/// Number of mirrors of a container that a table has at most.
pub(super) const MIRRORS: usize = 1000;

/// The things that a table lists.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rows {
    Refs,
    Objects,
    Mirrors,
}

impl Rows {
    fn name(self) -> &'static str {
        match self {
            Self::Refs => REF,
            Self::Objects => "object",
            Self::Mirrors => "mirror",
        }
    }

    /// Returns the number of rows that a table has at most; the rest is counted.
    fn most(self) -> usize {
        match self {
            Self::Refs => ROWS,
            Self::Mirrors => MIRRORS,
            Self::Objects => lfs_issues::SHOWN,
        }
    }
}

/// Size that the page may reach by rows, in bytes: the agent uploads it, and a browser shows it whole.
pub(super) const SIZE: usize = 1 << 20;

/// A page under way.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    pub(super) step: &'a Step,
    pub(super) masks: Masks,
    /// The pages of the destination of the mirror that is told of.
    pub(super) links: Option<Links>,
    pub(super) out: String,
}

impl Writer<'_> {
    /// Writes a heading and a table of what `row` makes a row of; nothing where that is nothing.
    pub(super) fn list<T, const N: usize>(
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

    pub(super) fn table<const N: usize>(&mut self, head: [&str; N], rows: &[[String; N]]) {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        self.out.push_str(&line(&head.map(str::to_owned)));
        self.out.push_str(&line(&head.map(|_| "---".to_owned())));
        for row in rows {
            self.out.push_str(&line(row));
        }
        self.out.push('\n');
    }

    /// Explains escapes, where there are any.
    pub(super) fn footnote(&mut self) {
        if self.out.contains("\\u{") {
            self.paragraph(
                "A text such as `\\u{7c}` stands for a character that does not show, or that would end a cell here: \
                 `\\u{3c}` is “less than”, `\\u{3e}` “greater than”, `\\u{60}` a backtick, `\\u{7c}` a bar.",
            );
        }
    }

    pub(super) fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push_str("\n\n");
    }

    /// Makes a link, unless its address shows a secret.
    pub(super) fn linked(&self, text: String, link: Option<String>) -> String {
        match link {
            Some(link) if self.masks.clean(&link) == link => format!("[{text}]({link})"),
            _ => text,
        }
    }
}
