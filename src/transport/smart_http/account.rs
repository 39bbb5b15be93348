//! The account that signed in, by one request to the interface of the host.

use std::time::Duration;

use ureq::http::header;

use super::{Answering, HttpTransport};
use crate::hosts::HostInfo;
use crate::hosts::account::{Account, AccountRequest};
use crate::http::api::ApiRequest;

/// The longest time for connecting, and for the answer. A name is worth no longer wait.
const LONGEST: Duration = Duration::from_secs(5);

impl HttpTransport {
    /// Asks the host whose credentials they are that it let in.
    pub(super) fn ask_for_account(&mut self) -> Option<Account> {
        let host = self.detected_host.unwrap_or(self.host);
        let HostInfo { interface, interface_scheme, account, .. } = host.info();
        let AccountRequest { below, read } = (*account)?;
        if self.answering == Answering::Another {
            return None;
        }
        // Which part of a path is the collection is a guess at an Azure DevOps Server, and the kind of host can be wrong.
        let interface = interface(&self.url).filter(|interface| self.bounds.hold_interface(interface))?;
        let authorization = match self.authenticator.for_interface(*interface_scheme) {
            Ok(authorization) => authorization?,
            Err(failure) => {
                log::debug!("the account is not asked for: {failure}");
                return None;
            }
        };
        let hurried = self.client.hurried(LONGEST);
        let client = if interface.same_origin(&self.url) { hurried } else { hurried.of_other_server() };
        let request = ApiRequest::get(&interface, below).with(header::AUTHORIZATION, authorization);
        // The debug line of the request tells why there is no answer.
        client.ask(&request).ok().as_ref().and_then(read)
    }
}
