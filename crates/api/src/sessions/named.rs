//! Texts that a caller keeps under a name in a session, and finding them (contracts/thinkrun.md §5).

use axum::{
    body::Bytes,
    extract::{Path, RawQuery, State},
    response::{IntoResponse as _, Response},
};
use hangar_control::{
    Error, ObjectKind, ObjectRow,
    objects::{LONGEST_TEXT, NewObject},
};
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    auth::Caller,
    detail::{answer, session},
    fields::{Fields, invalid},
    query::Query,
    render, wire,
};
use crate::faces::{Shared, json_response};

/// Characters of a name.
const LONGEST_NAME: usize = 255;

/// What a text is unless its maker says otherwise.
const PLAIN: &str = "text/plain";

/// Keeps a text; one of the same name is replaced.
pub async fn put(State(faces): Shared, Caller(identity): Caller, Path(id): Path<String>, body: Bytes) -> Response {
    let putting = async {
        let row = faces.control.owned_session(&identity, session(&id)?).await?;
        let text = Text::read(&Fields::read(&body)?, &body)?;
        let content = text.content.clone();
        let kept = faces.control.keep_object(NewObject {
            account: row.account,
            session: row.id,
            kind: ObjectKind::Named,
            name: Some(text.name),
            content_type: text.content_type,
            metadata: text.metadata,
            bytes: text.content.into(),
        });
        Ok(wired(&kept.await?, &content))
    };
    match putting.await {
        Ok(body) => json_response(StatusCode::CREATED, &body),
        Err(error) => render::error(&error),
    }
}

/// A text by its name.
pub async fn get(State(faces): Shared, Caller(identity): Caller, Path((id, name)): Path<(String, String)>) -> Response {
    let getting = async {
        let row = faces.control.owned_session(&identity, session(&id)?).await?;
        let (object, text) = faces.control.named_text(row.id, &name).await?;
        Ok(wired(&object, &text))
    };
    answer(getting.await)
}

/// Removes a text.
pub async fn delete(
    State(faces): Shared,
    Caller(identity): Caller,
    Path((id, name)): Path<(String, String)>,
) -> Response {
    let deleting = async {
        let row = faces.control.owned_session(&identity, session(&id)?).await?;
        faces.control.forget_named(row.id, &name).await
    };
    match deleting.await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => render::error(&error),
    }
}

/// `GET /api/artifacts/search?q&limit`.
pub async fn search(State(faces): Shared, Caller(identity): Caller, RawQuery(raw): RawQuery) -> Response {
    let query = Query::read(raw.as_deref());
    let searching = async {
        let words = query.get("q").ok_or_else(|| invalid("'q' is required"))?;
        let limit = query.whole("limit", 10, 1, 50)?;
        let found = faces.control.search_named(identity.account.id, words, limit).await?;
        let results: Vec<Value> = found
            .iter()
            .map(|hit| json!({ "name": hit.name, "sessionId": hit.session, "score": hit.weight }))
            .collect();
        Ok(json!({ "count": results.len(), "results": results, "query": words }))
    };
    answer(searching.await)
}

struct Text {
    name: String,
    content: String,
    content_type: String,
    metadata: Option<Value>,
}

impl Text {
    fn read(fields: &Fields, body: &[u8]) -> Result<Self, Error> {
        let name = fields.filled("name")?;
        if name.contains(':') || name.contains(char::is_control) || name.chars().count() > LONGEST_NAME {
            return Err(invalid(format!("'name' must have 1 to {LONGEST_NAME} characters, and no ':'")));
        }
        let too_large = Error::TooLarge { field: "content", max: LONGEST_TEXT };
        let content = match fields.required("content") {
            Ok(content) if content.len() > LONGEST_TEXT => return Err(too_large),
            Ok(content) => content,
            // Its field may be refused for its length before it is measured here.
            Err(_) if body.len() > LONGEST_TEXT => return Err(too_large),
            Err(error) => return Err(error),
        };
        let content_type = fields.text("contentType")?.unwrap_or_else(|| PLAIN.to_owned());
        if content_type.len() > LONGEST_NAME || http::HeaderValue::from_str(&content_type).is_err() {
            return Err(invalid("'contentType' is not a media type"));
        }
        Ok(Self { name, content, content_type, metadata: fields.object("metadata")?.map(Fields::into_value) })
    }
}

fn wired(object: &ObjectRow, content: &str) -> Value {
    let mut wired = json!({
        "name": object.name,
        "content": content,
        "contentType": object.content_type,
        "createdAt": wire::time(object.created_at),
    });
    if let Some(metadata) = &object.metadata {
        wired["metadata"] = metadata.clone();
    }
    wired
}
