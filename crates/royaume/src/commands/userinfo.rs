//! `royaume userinfo`: what the person who signed in allowed the application to know.

use super::logins::Logins;
use super::who::Speaker;
use crate::cli::{Kind, Saved};
use crate::failure::Failure;
use crate::output;
use royaume_server::{Clock as _, SystemClock};

pub(super) async fn run(asked: Saved) -> Result<(), Failure> {
    let speaker = Speaker::of(&asked.who, &[Kind::Private, Kind::Public]).await?;
    let tokens = Logins::open()?.of(&speaker).await?;
    let userinfo = speaker.client.userinfo(&tokens, SystemClock.now()).await?;
    output::json(&userinfo);
    Ok(())
}
