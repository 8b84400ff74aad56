//! The allocator: blocks by size class, and of each class the one freed last is given first.
//!
//! A request allocates and frees some hundred small blocks of few sizes. Given back first what was touched last, they
//! stay in the processor's cache, which a search for the best fit over the whole heap does not do; what that is worth
//! stands in docs/decisions/0014-speed.md. Classes are powers of two from [`LEAST`] to [`MOST`] bytes; what is larger is
//! the standard allocator's.
//!
//! What it costs: a block may be up to twice as large as what was asked for, and memory that a class has taken stays the
//! class's. So the heap holds at most the sum of each class's peak, and does not grow beyond that: a test and a soak in
//! the bench hold it.

// An allocator is made of addresses; the trait is unsafe as such. Each unsafe block says what it relies on.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::ptr::{NonNull, null_mut};

/// Bytes of the least block; every block is aligned to it.
const LEAST: usize = 16;

/// Classes: 16, 32, … 65,536 bytes.
const CLASSES: usize = 13;

/// Bytes of the largest block; beyond it the standard allocator gives.
const MOST: usize = LEAST << (CLASSES - 1);

/// Bytes taken from the standard allocator at once, to be cut into blocks.
const CHUNK: usize = 4 * MOST;

/// Blocks by class over another allocator.
pub struct Classes<A> {
    beyond: A,
    /// The free block of each class that was freed last; each holds the address of the one freed before it.
    free: [Cell<Option<NonNull<u8>>>; CLASSES],
    /// What is left of the chunk that is being cut, and where.
    chunk: Cell<(*mut u8, usize)>,
}

// SAFETY: the one static of this type exists only where there are no threads (see below); tests keep theirs to a thread.
unsafe impl<A: Sync> Sync for Classes<A> {}

#[cfg(all(target_family = "wasm", not(target_feature = "atomics")))]
#[global_allocator]
static ALLOCATOR: Classes<std::alloc::System> = Classes::over(std::alloc::System);

/// The class of a layout; none if it is the standard allocator's.
#[inline]
const fn class(layout: Layout) -> Option<usize> {
    if layout.size() > MOST || layout.align() > LEAST {
        return None;
    }
    // The power of two that is not less: 0 for sizes up to LEAST.
    let above = layout.size().saturating_sub(1).wrapping_shr(LEAST.trailing_zeros());
    Some(usize::BITS.saturating_sub(above.leading_zeros()) as usize)
}

/// Bytes of a class's blocks.
#[inline]
const fn bytes(class: usize) -> usize {
    LEAST << class
}

impl<A: GlobalAlloc> Classes<A> {
    /// No blocks yet, over an allocator.
    pub const fn over(beyond: A) -> Self {
        Self { beyond, free: [const { Cell::new(None) }; CLASSES], chunk: Cell::new((null_mut(), 0)) }
    }

    /// A free block of a class.
    #[inline]
    fn give(&self, class: usize) -> *mut u8 {
        let Some(list) = self.free.get(class) else { return null_mut() };
        let Some(block) = list.get() else { return self.cut(class) };
        // SAFETY: a block in the list was put there by `take`, which wrote this address into it; nobody else has it.
        list.set(unsafe { block.cast().read() });
        block.as_ptr()
    }

    /// Puts a block of a class back.
    ///
    /// # Safety
    /// It came from `give` for this class, or is a piece of a chunk of the class's size and alignment, and nobody uses
    /// it any more.
    #[inline]
    unsafe fn take(&self, block: *mut u8, class: usize) {
        if let (Some(list), Some(block)) = (self.free.get(class), NonNull::new(block)) {
            // SAFETY: the block has at least LEAST bytes at a multiple of LEAST, room for an address.
            unsafe { block.cast().write(list.get()) };
            list.set(Some(block));
        }
    }

    /// A block that was never used, cut from the chunk or from a new one.
    #[cold]
    #[inline(never)]
    fn cut(&self, class: usize) -> *mut u8 {
        let size = bytes(class);
        if self.chunk.get().1 < size {
            self.share_out();
            let Ok(layout) = Layout::from_size_align(CHUNK, LEAST) else { return null_mut() };
            // SAFETY: the layout has a size.
            let chunk = unsafe { self.beyond.alloc(layout) };
            if chunk.is_null() {
                return null_mut();
            }
            self.chunk.set((chunk, CHUNK));
        }
        let (block, left) = self.chunk.get();
        // SAFETY: the chunk has `left` bytes from here on, which are at least `size`.
        self.chunk.set((unsafe { block.add(size) }, left.saturating_sub(size)));
        block
    }

    /// Gives what is left of the chunk to the classes it fits, so that nothing of it is lost.
    fn share_out(&self) {
        loop {
            let (piece, left) = self.chunk.get();
            let Some(class) = (0..CLASSES).rev().find(|class| bytes(*class) <= left) else { return };
            let size = bytes(class);
            // SAFETY: the piece is the chunk's, of the class's size, and given to nobody else; sizes of classes are
            // multiples of LEAST, and so is every place in a chunk.
            unsafe {
                self.chunk.set((piece.add(size), left.saturating_sub(size)));
                self.take(piece, class);
            }
        }
    }
}

// SAFETY: blocks of one class do not overlap and have the class's size, which is at least what was asked for, at a
// multiple of LEAST, which is at least the alignment asked for. Whether a layout is the standard allocator's depends on
// the layout alone, which the caller passes again.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Classes<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match class(layout) {
            Some(class) => self.give(class),
            // SAFETY: the caller's promise is passed on.
            None => unsafe { self.beyond.alloc(layout) },
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block came from `alloc` with this layout, so from `give` for this class or from beyond.
        unsafe {
            match class(layout) {
                Some(class) => self.take(block, class),
                None => self.beyond.dealloc(block, layout),
            }
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that this is a layout.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (class(layout), class(wanted)) {
            (Some(old), Some(new)) if old == new => block,
            // SAFETY: both are the standard allocator's; the caller's promise is passed on.
            (None, None) => unsafe { self.beyond.realloc(block, layout, size) },
            // SAFETY: the new block is another one and has `size` bytes, the old one `layout.size()`.
            _ => unsafe {
                let moved = self.alloc(wanted);
                if !moved.is_null() {
                    moved.copy_from_nonoverlapping(block, layout.size().min(size));
                    self.dealloc(block, layout);
                }
                moved
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::alloc::System;

    use super::*;

    /// The standard allocator, and how many bytes it has given and not taken back.
    struct Watched(Cell<usize>);

    // SAFETY: all is passed on.
    unsafe impl GlobalAlloc for Watched {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            self.0.set(self.0.get().saturating_add(layout.size()));
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            self.0.set(self.0.get().saturating_sub(layout.size()));
            unsafe { System.dealloc(block, layout) }
        }
    }

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).unwrap()
    }

    #[test]
    fn classes_hold_what_they_are_asked_for() {
        for size in 1..=MOST {
            let class = class(layout(size, 8)).unwrap();
            assert!(bytes(class) >= size, "{size}");
            assert!(class == 0 || bytes(class.saturating_sub(1)) < size, "{size}: a smaller class would do");
        }
        assert_eq!(class(layout(MOST + 1, 8)), None);
        assert_eq!(class(layout(8, 32)), None);
        assert_eq!(class(layout(0, 1)), Some(0));
    }

    #[test]
    fn what_was_freed_last_is_given_first() {
        let memory = Classes::over(System);
        // SAFETY: each block is given back once, with its layout.
        unsafe {
            let (a, b) = (memory.alloc(layout(40, 8)), memory.alloc(layout(64, 16)));
            assert_ne!(a, b);
            memory.dealloc(a, layout(40, 8));
            memory.dealloc(b, layout(64, 16));
            assert_eq!(memory.alloc(layout(33, 1)), b);
            assert_eq!(memory.alloc(layout(64, 8)), a);
        }
    }

    /// Blocks of all sizes, made, filled, grown, shrunk and freed in any order: none loses its content to another, all
    /// are aligned, and what is held does not grow beyond the first rounds'.
    #[test]
    fn a_soak_of_mixed_sizes_keeps_contents_and_does_not_grow() {
        let memory = Classes::over(Watched(Cell::new(0)));
        let mut chance = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = move |below: u64| {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            usize::try_from(chance % below).unwrap()
        };
        let mut held: Vec<(*mut u8, Layout, u8)> = Vec::new();
        let mut after_warming = 0;
        for round in 0..60_u8 {
            for _ in 0..600 {
                let most = 1 << (4 + next(14));
                let size = 1 + next(most);
                let shape = layout(size, 1 << next(5));
                // SAFETY: every block in `held` is live, and of its layout's size.
                unsafe {
                    let block = memory.alloc(shape);
                    assert!(!block.is_null() && block.addr().is_multiple_of(shape.align()));
                    block.write_bytes(round, size);
                    held.push((block, shape, round));
                    let at = next(held.len() as u64);
                    let (block, shape, filled) = held.swap_remove(at);
                    let content = std::slice::from_raw_parts(block, shape.size());
                    assert!(content.iter().all(|byte| *byte == filled), "a block was overwritten");
                    if next(2) == 0 {
                        let size = 1 + next(100_000);
                        let kept = shape.size().min(size);
                        let block = memory.realloc(block, shape, size);
                        let content = std::slice::from_raw_parts(block, kept);
                        assert!(content.iter().all(|byte| *byte == filled), "a block lost its content by moving");
                        block.write_bytes(filled, size);
                        held.push((block, layout(size, shape.align()), filled));
                    } else {
                        memory.dealloc(block, shape);
                    }
                }
                if held.len() > 300 {
                    let (block, shape, _) = held.swap_remove(0);
                    // SAFETY: as above.
                    unsafe { memory.dealloc(block, shape) };
                }
            }
            for (block, shape, _) in held.drain(..) {
                // SAFETY: as above.
                unsafe { memory.dealloc(block, shape) };
            }
            if round == 19 {
                after_warming = memory.beyond.0.get();
            }
        }
        let held = memory.beyond.0.get();
        assert!(after_warming > 0 && held <= after_warming + after_warming / 4, "{after_warming} became {held}");
    }
}
