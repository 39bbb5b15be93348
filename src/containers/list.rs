//! The whole list of a container's repositories: all pages, or an error.

use std::collections::HashSet;

use thiserror::Error;

use crate::hosts::listing::{ListPage, ListedRepository};

/// The most pages of a list.
pub const MOST_PAGES: usize = 2_000;

/// The most repositories of a list.
pub const MOST_REPOSITORIES: usize = 100_000;

/// A list to its end.
#[derive(Debug, Default)]
pub struct WholeList {
    /// The repositories, each once.
    pub repositories: Vec<ListedRepository>,
    /// The names, for people alone, of repositories that no URL can be made for.
    pub unusable: Vec<String>,
}

/// A list that has no end in sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the list has more than {MOST_PAGES} pages or {MOST_REPOSITORIES} repositories")]
pub struct Endless;

/// Reads a list to its end, from its first request on; `ask` sends one and reads the answer.
///
/// # Errors
///
/// Fails at the first page that cannot be had, and at a list that is too long: no part of a list is used, since what is
/// missing from it would look like deleted.
pub fn whole<E: From<Endless>>(
    first: String,
    mut ask: impl FnMut(&str) -> Result<ListPage, E>,
) -> Result<WholeList, E> {
    let (mut list, mut ids, mut request) = (WholeList::default(), HashSet::new(), first);
    for _ in 0..MOST_PAGES {
        let ListPage { repositories, unusable, next } = ask(&request)?;
        // One that is made meanwhile can move another to the next page.
        list.repositories.extend(repositories.into_iter().filter(|one| ids.insert(one.id.clone())));
        list.unusable.extend(unusable);
        if list.repositories.len() + list.unusable.len() > MOST_REPOSITORIES {
            break;
        }
        match next {
            None => return Ok(list),
            Some(next) => request = next,
        }
    }
    Err(Endless.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::listing::{Content, Origin, RepositoryState};
    use crate::remote::web_url::WebUrl;

    fn repository(id: usize, url: &WebUrl) -> ListedRepository {
        ListedRepository {
            id: id.to_string(),
            name: format!("r{id}"),
            project: String::new(),
            project_name: String::new(),
            content: Content::Code,
            wiki: None,
            clone_url: url.clone().into(),
            size: None,
            default_branch: None,
            state: RepositoryState::Active,
            origin: Origin::Own,
            visibility: None,
        }
    }

    /// Returns a page of these ids, and the request for the next.
    fn page(ids: impl IntoIterator<Item = usize>, next: Option<usize>) -> ListPage {
        let (url, _) = WebUrl::parse("https://host.example/o/r").unwrap();
        let repositories = ids.into_iter().map(|id| repository(id, &url)).collect();
        ListPage { repositories, unusable: Vec::new(), next: next.map(|next| next.to_string()) }
    }

    /// Reads a list whose pages are made by the numbers of their requests, from 1.
    fn read(mut make: impl FnMut(usize) -> Result<ListPage, Endless>) -> Result<WholeList, Endless> {
        whole("1".to_owned(), |request| make(request.parse().unwrap()))
    }

    #[test]
    fn all_pages_are_read_and_each_repository_is_there_once() {
        let list = read(|at| {
            let next = (at < 3).then_some(at + 1);
            Ok(ListPage { unusable: vec![at.to_string()], ..page([at, at + 1], next) })
        });
        let WholeList { repositories, unusable } = list.unwrap();
        assert_eq!(repositories.iter().map(|one| &*one.id).collect::<Vec<_>>(), ["1", "2", "3", "4"]);
        assert_eq!(unusable, ["1", "2", "3"]);
    }

    #[test]
    fn a_page_that_cannot_be_had_ends_the_list() {
        let list = read(|at| if at < 3 { Ok(page([at], Some(at + 1))) } else { Err(Endless) });
        assert_eq!(list.map(|_| ()), Err(Endless));
    }

    #[test]
    fn a_list_without_end_is_an_error() {
        let mut pages = 0;
        let list = read(|at| {
            pages += 1;
            Ok(page([], Some(at + 1)))
        });
        assert_eq!((list.map(|_| ()), pages), (Err(Endless), MOST_PAGES));
        let list = read(|at| Ok(page(at * 20_000..(at + 1) * 20_000, (at < 5).then_some(at + 1))));
        assert_eq!(list.unwrap().repositories.len(), MOST_REPOSITORIES);
        let list = read(|at| Ok(page(at * 20_000..=(at + 1) * 20_000, (at < 6).then_some(at + 1))));
        assert_eq!(list.map(|_| ()), Err(Endless));
    }
}
