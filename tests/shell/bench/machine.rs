//! The machine of a measurement.

use speckit::bench::machine;

#[test]
fn this_machine_has_cores_and_a_system_and_is_the_same_when_it_is_read_again() {
    let here = machine();
    assert!(here.cores.unwrap() > 0);
    assert!(here.os.is_some(), "{here}");
    assert_eq!(here.differences(&machine()), []);
    if cfg!(target_os = "linux") {
        assert!(here.memory_bytes.is_some() && here.os.unwrap().starts_with("Linux "));
    }
}
