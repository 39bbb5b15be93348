use proptest::prelude::*;

use super::*;
use crate::lfs::oid::Oid;

fn pointer(number: u32) -> Pointer {
    sized(number, u64::from(number))
}

fn sized(number: u32, size: u64) -> Pointer {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    Pointer { oid: Oid::new(bytes), size }
}

fn found(pointers: impl IntoIterator<Item = Pointer>) -> Found {
    let mut objects = Objects::default();
    pointers.into_iter().for_each(|pointer| objects.add(pointer).unwrap());
    objects.finish()
}

#[test]
fn each_object_is_there_once_however_often_it_is_found() {
    let many = (0..100_000).map(|number| pointer(number % 5000));
    let found = found(many);
    assert_eq!(found.objects, (0..5000).map(pointer).collect::<Vec<_>>());
    assert_eq!(found.other_sizes, []);
}

#[test]
fn sizes_that_disagree_are_told_apart() {
    let found = found([sized(1, 20), sized(2, 5), sized(1, 10), sized(1, 20), sized(1, 30)]);
    assert_eq!(found.objects, [sized(1, 10), sized(2, 5)]);
    assert_eq!(found.other_sizes, [sized(1, 20), sized(1, 30)]);
}

#[test]
fn too_many_objects_are_refused() {
    let most = 20_000;
    let mut objects = Objects::at_most(20_000);
    (0..most).for_each(|number| objects.add(pointer(number)).unwrap());
    assert!((0..most).all(|number| objects.add(pointer(number)).is_ok()), "they are there already");
    assert!((most..most * 2).any(|number| objects.add(pointer(number)) == Err(TooManyObjects)));
    assert!(objects.pointers.capacity() <= 50_000);
}

fn drain(batches: &mut Batches) -> Vec<usize> {
    std::iter::from_fn(|| batches.next_batch()).map(|batch| batch.len()).collect()
}

#[test]
fn batches_hold_at_most_a_hundred_objects() {
    for (count, sizes) in [(0, vec![]), (1, vec![1]), (100, vec![100]), (250, vec![100, 100, 50])] {
        assert_eq!(drain(&mut Batches::new((0..count).map(pointer).collect(), MOST_OBJECTS)), sizes);
    }
}

#[test]
fn a_server_that_takes_fewer_objects_gets_fewer() {
    let mut batches = Batches::new((0..300).map(pointer).collect(), MOST_OBJECTS);
    let first = batches.next_batch().unwrap();
    assert_eq!(batches.too_many(first), Some(()));
    let second = batches.next_batch().unwrap();
    assert_eq!((second.len(), second[0]), (50, pointer(0)));
    assert_eq!(batches.too_many(second), Some(()));
    assert_eq!(drain(&mut batches), [25; 12]);
    assert_eq!(batches.too_many(vec![pointer(1)]), None);
}

#[test]
fn of_a_batch_that_is_refused_the_object_is_found() {
    let mut batches = Batches::new((0..150).map(pointer).collect(), MOST_OBJECTS);
    let (mut refused, mut fine, mut requests) = (Vec::new(), Vec::new(), 0);
    while let Some(batch) = batches.next_batch() {
        requests += 1;
        if batch.iter().any(|object| [7, 8, 140].contains(&object.size)) {
            refused.extend(batches.refused(batch));
        } else {
            fine.extend(batch);
        }
    }
    assert_eq!(refused, [pointer(7), pointer(8), pointer(140)]);
    assert_eq!(fine.len(), 147);
    assert!(requests < 45, "{requests}");
}

proptest! {
    #[test]
    fn no_object_is_lost_or_asked_for_twice(count in 0_u32..400, faults in prop::collection::vec(0_u8..4, 0..20)) {
        let mut batches = Batches::new((0..count).map(pointer).collect(), MOST_OBJECTS);
        let (mut seen, mut faults) = (Vec::new(), faults.into_iter());
        while let Some(batch) = batches.next_batch() {
            prop_assert!(batch.len() <= MOST_OBJECTS && !batch.is_empty());
            match faults.next() {
                Some(0) => if batches.too_many(batch.clone()).is_none() { seen.extend(batch) },
                Some(1) => seen.extend(batches.refused(batch)),
                _ => seen.extend(batch),
            }
        }
        seen.sort();
        prop_assert_eq!(seen, (0..count).map(pointer).collect::<Vec<_>>());
    }
}
