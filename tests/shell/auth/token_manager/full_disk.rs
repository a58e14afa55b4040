//! A disk without room.

use serde_json::json;
use speckit::auth::{AuthError, DeviceFlowAuthenticator, Outcome};
use speckit::retry::CancelToken;
use speckit_tests::fakes::provider::{Decision, Dialect};

use super::Login;
use crate::small_disk::SmallDisk;

#[track_caller]
fn assert_full(error: &AuthError) {
    assert!(matches!(error, AuthError::Store(_)), "{error:?}");
    assert!(error.to_string().contains("No space left on device"), "{error}");
}

#[test]
fn a_refresh_is_not_sent_if_the_disk_is_full_and_works_when_there_is_room_again() {
    let login = Login::new();
    let Some(disk) = SmallDisk::mount(login.folder.path(), 64) else { return };
    let old = login.grant(0);
    // Room for the record alone is too little, since the next one may be longer.
    for free in [0, 4096] {
        disk.fill(free);
        assert_full(&login.manager().refresh().unwrap_err());
        assert_eq!(login.provider.requests().len(), 0);
        assert_eq!(login.stored(), old);
        assert_eq!(login.manager().token().unwrap().expose(), old.access_token.expose());
        disk.free();
    }
    assert_eq!(std::fs::read_dir(disk.path()).unwrap().count(), 2, "nothing is left behind");
    let new = login.manager().refresh().unwrap();
    assert_eq!(new.expose(), login.stored().access_token.expose());
    assert_ne!(login.stored(), old);
    assert_eq!(login.provider.refreshes().len(), 1);
}

#[test]
fn a_reservation_has_room_for_the_answer_whatever_fills_the_disk_meanwhile() {
    let login = Login::new();
    let Some(disk) = SmallDisk::mount(login.folder.path(), 64) else { return };
    login.grant(0);
    let storage = login.storage();
    let mut lock = storage.try_lock().unwrap().unwrap();
    lock.reserve().unwrap();
    disk.fill(0);
    let new = login.issued(0, &login.client().endpoints().unwrap());
    lock.store(&new).unwrap();
    assert_eq!(login.stored(), new);
}

#[test]
fn a_login_does_not_begin_if_the_disk_is_full_and_works_when_there_is_room_again() {
    let login = Login::with(Dialect { interval: Some(json!(1)), ..Dialect::plain() }, "store = \"file\"");
    let Some(disk) = SmallDisk::mount(login.folder.path(), 64) else { return };
    login.provider.decide_at_poll(1, Decision::Approve);
    let old = login.grant(0);
    let log_in = || {
        let authenticator = DeviceFlowAuthenticator::new(login.client(), login.storage());
        authenticator.log_in(&CancelToken::new(), &mut |_| {})
    };
    disk.fill(0);
    match log_in() {
        Outcome::Failed(error) => assert_full(&error),
        outcome => panic!("{outcome:?}"),
    }
    assert_eq!(login.provider.requests().len(), 0);
    assert_eq!(login.stored(), old);
    disk.free();
    assert!(matches!(log_in(), Outcome::Granted(_)));
    assert_ne!(login.stored(), old);
}
