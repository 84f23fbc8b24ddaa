//! Authorisation of writes, by the bearer token of the service.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::server::wire::problem::Problem;
use crate::server::work::service::Service;

/// Proof that a request carries the token.
pub(crate) struct Authorised;

/// Why a request may not write.
pub(crate) enum Refused {
    /// The service has no token, so writing is disabled.
    Off,
    /// No bearer token in the request.
    Missing,
    /// Another token.
    Wrong,
}

impl FromRequestParts<Service> for Authorised {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Refused> {
        let Some(token) = &service.settings().token else { return Err(Refused::Off) };
        let given = parts.headers.get(header::AUTHORIZATION).ok_or(Refused::Missing)?;
        let given = given.to_str().map_err(|_| Refused::Wrong)?;
        let (scheme, given) = given.split_once(' ').ok_or(Refused::Missing)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Refused::Missing);
        }
        if token.is(given.trim()) { Ok(Self) } else { Err(Refused::Wrong) }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (problem, challenge) = match self {
            Self::Off => {
                let problem =
                    Problem::new(StatusCode::FORBIDDEN, "writing is disabled: the service was started without a token");
                return problem.hint("restart the service with a token to allow writing").into_response();
            }
            Self::Missing => {
                let problem = Problem::new(StatusCode::UNAUTHORIZED, "a token is required to write");
                (problem.hint("send the header `Authorization: Bearer …`"), "Bearer")
            }
            Self::Wrong => {
                let problem = Problem::new(StatusCode::UNAUTHORIZED, "the token is wrong");
                let hint = "use the token that the service was started with";
                (problem.hint(hint), "Bearer error=\"invalid_token\"")
            }
        };
        ([(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))], problem).into_response()
    }
}
