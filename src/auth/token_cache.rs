//! The token of one side of a run, kept as long as it serves.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::begin::Begin;
use super::credentials::Credentials;
use super::identity::Identity;
use super::scheme::HostSchemes;
use super::token_source::{StaticToken, Token, TokenContext, TokenSource};
use crate::clock::Stopwatch;
use crate::error::{ErrorKind, Failure};
use crate::secret::Secret;

/// A token is renewed when the tenth part of its life is left, but no earlier than this before its end.
const LONGEST_MARGIN: Duration = Duration::from_secs(5 * 60);

/// A failure answers all that ask so soon after it: the other side of the same attempt, say. The next attempt asks anew, since
/// a run waits no shorter between two.
const SHORTEST_FAILURE: Duration = Duration::from_secs(1);

/// A cache of one token: it asks a source when one is needed, and keeps what it gets. Clones share it, so all
/// attempts of a run and all that they send use one token. They share a failure, too: whoever waited while the source was
/// asked gets the same, and so does whoever asks within a second, or before the time that the failure says (`Retry-After`).
#[derive(Clone)]
pub struct TokenCache(Arc<Mutex<State>>);

struct State {
    source: Box<dyn TokenSource>,
    held: Option<Held>,
    failed: Option<Failed>,
    /// The number of tokens that the source has given.
    issued: u64,
}

/// A token that serves.
struct Held {
    credentials: Credentials,
    /// The time since before it was asked for.
    age: Stopwatch,
    term: Term,
}

/// A failure of the source.
struct Failed {
    failure: Failure,
    /// The time since it was known.
    age: Stopwatch,
    begin: Begin,
}

/// The time for which a token serves.
#[derive(Clone, Copy)]
enum Term {
    /// As long as the run takes: there is no other.
    Unlimited,
    /// Until its end. A new one is asked for at `renewal`.
    Limited { renewal: Duration, end: Duration },
}

/// A token to sign in with.
pub(crate) struct Issued {
    pub(crate) credentials: Credentials,
    /// Its number among the tokens of the source.
    pub(crate) number: u64,
    pub(crate) freshness: Freshness,
}

/// The age of a token in requests: one that is not new may have served before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// It was got for this request.
    New,
    /// It was got for an earlier one.
    Held,
}

/// The chance of another token in place of a refused one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// The next request asks for it.
    Possible,
    /// The source has no other.
    Impossible,
}

impl TokenCache {
    /// Asks this source.
    pub fn new(source: Box<dyn TokenSource>) -> Self {
        Self(Arc::new(Mutex::new(State { source, held: None, failed: None, issued: 0 })))
    }

    /// Keeps a token that was given as it is.
    pub fn of_static(credentials: Credentials, identity: Identity) -> Self {
        Self::new(Box::new(StaticToken { credentials, identity }))
    }

    /// Names who signs in, and where that was given.
    pub fn identity(&self) -> Identity {
        self.state().source.identity()
    }

    /// Returns every form of the secrets that are known before the source is asked.
    pub fn masks(&self, schemes: &[HostSchemes]) -> Vec<Secret> {
        self.state().source.masks(schemes)
    }

    /// Returns a token that serves, from the source if none is held or its end is near. A new one goes to `on_new` before
    /// it is returned.
    pub(crate) fn current(
        &self,
        context: &TokenContext,
        on_new: impl Fn(&Credentials),
    ) -> Result<Issued, Failure> {
        let waiting = Stopwatch::start();
        let mut state = self.state();
        let mut freshness = Freshness::Held;
        let held = match state.held.take() {
            Some(held) if !held.is_due() => held,
            old => match state.ask(waiting, context) {
                Ok(new) => {
                    on_new(&new.credentials);
                    state.issued += 1;
                    freshness = Freshness::New;
                    new
                }
                Err(failure) => old.and_then(|old| old.kept_to_its_end(&failure)).ok_or(failure)?,
            },
        };
        let credentials = held.credentials.clone();
        state.held = Some(held);
        Ok(Issued { credentials, number: state.issued, freshness })
    }

    /// Gives up a token that was refused.
    pub(crate) fn discard(&self, number: u64) -> Renewal {
        let mut state = self.state();
        let is_held = state.issued == number;
        match &state.held {
            Some(Held { term: Term::Unlimited, .. }) => return Renewal::Impossible,
            Some(_) if is_held => state.held = None,
            // Somebody else has asked for another, or is about to.
            Some(_) | None => {}
        }
        Renewal::Possible
    }

    /// Tells whether both keep the same token.
    #[cfg(test)]
    pub(crate) fn is_shared_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows no secret.
impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokenCache").field(&self.identity()).finish()
    }
}

impl State {
    /// Asks the source, unless the last failure answers whoever has been waiting for so long.
    fn ask(&mut self, waiting: Stopwatch, context: &TokenContext) -> Result<Held, Failure> {
        if let Some(failed) = self.failed.as_ref().filter(|failed| failed.answers(waiting, context)) {
            return Err(failed.failure.clone());
        }
        Held::get(self.source.as_mut(), context).inspect_err(|failure| {
            let (failure, age, begin) = (failure.clone(), Stopwatch::start(), context.begin);
            self.failed = Some(Failed { failure, age, begin });
        })
    }
}

impl Failed {
    /// Tells whether it answers whoever has been waiting for so long. What failed since the run was stopped says nothing of
    /// what is asked for after that.
    fn answers(&self, waiting: Stopwatch, context: &TokenContext) -> bool {
        let age = self.age.elapsed();
        let lasts = match self.failure.kind {
            ErrorKind::Unavailable { retry_after: Some(wait) } => wait.max(SHORTEST_FAILURE),
            _ => SHORTEST_FAILURE,
        };
        self.begin.is_on_the_same_side_of_a_stop(context.begin) && (age < lasts || age <= waiting.elapsed())
    }
}

impl Held {
    fn get(source: &mut dyn TokenSource, context: &TokenContext) -> Result<Self, Failure> {
        let age = Stopwatch::start();
        let Token { credentials, lifetime } = source.token(context).map_err(Failure::of_token_service)?;
        Ok(Self { credentials, age, term: lifetime.map_or(Term::Unlimited, Term::of) })
    }

    fn is_due(&self) -> bool {
        matches!(self.term, Term::Limited { renewal, .. } if self.age.elapsed() >= renewal)
    }

    /// Returns it to be used to its end, if that is not yet there, though a new one could not be had.
    fn kept_to_its_end(self, failure: &Failure) -> Option<Self> {
        let end = match self.term {
            Term::Limited { end, .. } if self.age.elapsed() < end => end,
            Term::Unlimited | Term::Limited { .. } => return None,
        };
        log::debug!("no new token: {failure}; the one before serves to its end");
        Some(Self { term: Term::Limited { renewal: end, end }, ..self })
    }
}

impl Term {
    fn of(lifetime: Duration) -> Self {
        Self::Limited { renewal: lifetime.saturating_sub(LONGEST_MARGIN.min(lifetime / 10)), end: lifetime }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::auth::testing::{Minting, context};
    use crate::cancel::CancelReason;
    use crate::clock;
    use crate::error::{Asked, TokenProblem};

    const HOUR: Duration = Duration::from_secs(3600);

    fn token(tokens: &TokenCache) -> (String, u64, Freshness) {
        let issued = tokens.current(&context(), |_| ()).unwrap();
        let [authorization] = &issued.credentials.authorizations(BEARER)[..] else { panic!("one form") };
        (authorization.expose().to_owned(), issued.number, issued.freshness)
    }

    const BEARER: HostSchemes =
        HostSchemes { bare_token: &[super::super::scheme::AuthScheme::Bearer], after_user: &[] };

    #[test]
    fn a_tenth_of_a_life_is_left_or_five_minutes() {
        for (life, renewal) in [(0, 0), (10, 9), (600, 540), (3000, 2700), (3600, 3300), (86_400, 86_100)] {
            let Term::Limited { renewal: at, end } = Term::of(Duration::from_secs(life)) else {
                panic!("{life}")
            };
            assert_eq!((at.as_secs(), end.as_secs()), (renewal, life));
        }
    }

    #[test]
    fn a_token_is_asked_for_when_needed_and_kept() {
        let source = Minting::with_lifetimes(&[HOUR]);
        let tokens = TokenCache::new(Box::new(source.clone()));
        assert_eq!(source.asked(), 0);
        assert_eq!(token(&tokens), ("Bearer minted-token-1".to_owned(), 1, Freshness::New));
        assert_eq!(token(&tokens.clone()), ("Bearer minted-token-1".to_owned(), 1, Freshness::Held));
        assert_eq!(source.asked(), 1);
    }

    #[test]
    fn a_token_near_its_end_is_replaced_and_masked_first() {
        let source = Minting::with_lifetimes(&[Duration::ZERO, HOUR]);
        let tokens = TokenCache::new(Box::new(source.clone()));
        let masked = Mutex::new(Vec::new());
        for number in [1, 2, 2] {
            let issued = tokens.current(&context(), |new| masked.lock().unwrap().push(new.clone())).unwrap();
            assert_eq!(issued.number, number);
            assert_eq!(masked.lock().unwrap().last(), Some(&issued.credentials));
        }
        assert_eq!((source.asked(), masked.lock().unwrap().len()), (2, 2));
    }

    #[test]
    fn a_token_that_was_refused_is_replaced_once() {
        let source = Minting::with_lifetimes(&[HOUR, HOUR]);
        let tokens = TokenCache::new(Box::new(source.clone()));
        assert_eq!(token(&tokens).1, 1);
        assert_eq!([tokens.discard(1), tokens.discard(1)], [Renewal::Possible; 2]);
        assert_eq!(token(&tokens).1, 2);
        // A late refusal of the first says nothing of the second.
        assert_eq!(tokens.discard(1), Renewal::Possible);
        assert_eq!((token(&tokens).1, source.asked()), (2, 2));
    }

    #[test]
    fn a_constant_token_is_asked_for_once() {
        let tokens = TokenCache::of_static(Credentials::parse("hunter22").unwrap(), Identity::Token);
        assert_eq!(token(&tokens), ("Bearer hunter22".to_owned(), 1, Freshness::New));
        assert_eq!(tokens.discard(1), Renewal::Impossible);
        assert_eq!(token(&tokens), ("Bearer hunter22".to_owned(), 1, Freshness::Held));
        assert!(!format!("{tokens:?}").contains("hunter"), "{tokens:?}");
    }

    #[test]
    fn a_failure_before_the_end_leaves_the_old_token() {
        let source = Minting::with_lifetimes(&[HOUR]);
        let tokens = TokenCache::new(Box::new(source.clone()));
        assert_eq!(token(&tokens).1, 1);
        let due = |end| {
            let mut state = tokens.state();
            state.held.as_mut().unwrap().term = Term::Limited { renewal: Duration::ZERO, end };
        };
        due(HOUR);
        // The source has no second one.
        assert_eq!([token(&tokens).1, token(&tokens).1], [1, 1]);
        assert_eq!(source.asked(), 2, "it is not asked again before the end");
        tokens.state().failed = None;
        due(Duration::ZERO);
        let failure = tokens.current(&context(), |_| ()).err().unwrap();
        assert_eq!((failure.kind, source.asked()), (ErrorKind::Unauthorized, 3));
    }

    /// Fails in this way each time, after a moment, and counts how often it is asked.
    struct Failing {
        kind: ErrorKind,
        takes: Duration,
        asked: Arc<Mutex<usize>>,
    }

    impl TokenSource for Failing {
        fn token(&mut self, context: &TokenContext) -> Result<Token, Failure> {
            *self.asked.lock().unwrap() += 1;
            context.cancel.wait(self.takes);
            Err(Failure::new(self.kind, "no"))
        }

        fn identity(&self) -> Identity {
            Identity::Job
        }

        fn masks(&self, _: &[HostSchemes]) -> Vec<Secret> {
            Vec::new()
        }
    }

    fn failing(kind: ErrorKind, takes: Duration) -> (TokenCache, Arc<Mutex<usize>>) {
        let asked = Arc::new(Mutex::new(0));
        (TokenCache::new(Box::new(Failing { kind, takes, asked: Arc::clone(&asked) })), asked)
    }

    const FINAL: ErrorKind = ErrorKind::NoToken(TokenProblem::UnknownApplication);

    fn fails(tokens: &TokenCache, context: &TokenContext) -> ErrorKind {
        let failure = tokens.current(context, |_| ()).err().unwrap();
        assert_eq!(failure.asked, Asked::TokenService);
        failure.kind
    }

    #[test]
    fn whoever_waits_while_the_source_fails_gets_its_failure() {
        // Longer than a failure answers others.
        let (tokens, asked) = failing(ErrorKind::Interrupted, SHORTEST_FAILURE + Duration::from_millis(500));
        let ask = |_| {
            thread::spawn({
                let tokens = tokens.clone();
                move || fails(&tokens, &context())
            })
        };
        for side in [1, 2, 3].map(ask) {
            assert_eq!(side.join().unwrap(), ErrorKind::Interrupted);
        }
        assert_eq!(*asked.lock().unwrap(), 1);
    }

    #[test]
    fn a_failure_answers_for_a_second_and_then_no_longer() {
        let (tokens, asked) = failing(FINAL, Duration::ZERO);
        assert_eq!([fails(&tokens, &context()), fails(&tokens, &context())], [FINAL; 2]);
        assert_eq!(*asked.lock().unwrap(), 1);
        clock::wait(SHORTEST_FAILURE);
        assert_eq!(fails(&tokens, &context()), FINAL);
        assert_eq!(*asked.lock().unwrap(), 2);
    }

    #[test]
    fn a_busy_service_is_not_asked_before_the_time_that_it_said() {
        let busy = |seconds| ErrorKind::Unavailable { retry_after: Some(Duration::from_secs(seconds)) };
        for (seconds, times) in [(2, 1), (1, 2), (0, 2)] {
            let (tokens, asked) = failing(busy(seconds), Duration::ZERO);
            fails(&tokens, &context());
            clock::wait(SHORTEST_FAILURE);
            assert_eq!(fails(&tokens, &context()), busy(seconds));
            assert_eq!(*asked.lock().unwrap(), times, "{seconds}");
        }
    }

    #[test]
    fn a_failure_of_before_a_stop_is_none_of_the_last_listing() {
        let (tokens, asked) = failing(ErrorKind::Interrupted, Duration::ZERO);
        let mut context = context();
        fails(&tokens, &context);
        context.cancel.now(CancelReason::Cancelled);
        fails(&tokens, &context);
        assert_eq!(*asked.lock().unwrap(), 1);
        context.begin();
        fails(&tokens, &context);
        assert_eq!(*asked.lock().unwrap(), 2);
    }
}
