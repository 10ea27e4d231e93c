// From an id to the row that holds it: an open-addressing hash table, 8 bytes a slot, at most half full.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace notcontent {

class IdTable {
 public:
  // No bank reaches this many rows, so it marks an empty slot.
  static constexpr std::uint32_t kNoRow = 0xffffffffU;

  // Make room for `count` ids in all, so that `insert` cannot fail.
  void reserve(std::size_t count) {
    std::size_t size = 16;
    while (size < 2 * count) size *= 2;
    if (size <= slots_.size()) return;
    std::vector<Slot> old(size);
    old.swap(slots_);
    shift_ = 64;
    for (std::size_t s = size; s > 1; s /= 2) --shift_;
    for (const Slot& slot : old) {
      if (slot.row != kNoRow) slots_[place(slot.id)] = slot;
    }
  }

  // The row of `id`, or kNoRow.
  std::uint32_t find(std::uint32_t id) const { return slots_.empty() ? kNoRow : slots_[place(id)].row; }

  // False, and no change, when `id` is there already. Room must have been reserved.
  bool insert(std::uint32_t id, std::uint32_t row) {
    Slot& slot = slots_[place(id)];
    if (slot.row != kNoRow) return false;
    slot = {id, row};
    return true;
  }

  // Note that `id`, which is there, moved.
  void move(std::uint32_t id, std::uint32_t row) { slots_[place(id)].row = row; }

  // Take out `id`, which is there, and close the gap so that no later look-up stops short.
  void erase(std::uint32_t id) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t gap = place(id);
    for (std::size_t next = (gap + 1) & mask; slots_[next].row != kNoRow; next = (next + 1) & mask) {
      const std::size_t wanted = home(slots_[next].id);
      if (((next - wanted) & mask) >= ((next - gap) & mask)) {
        slots_[gap] = slots_[next];
        gap = next;
      }
    }
    slots_[gap] = Slot{};
  }

 private:
  struct Slot {
    std::uint32_t id = 0;
    std::uint32_t row = kNoRow;
  };

  std::size_t home(std::uint32_t id) const {
    return static_cast<std::size_t>(id * 0x9e3779b97f4a7c15ULL >> shift_);  // Fibonacci hashing
  }

  // Where `id` is, or the empty slot where it would go.
  std::size_t place(std::uint32_t id) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = home(id);
    while (slots_[slot].row != kNoRow && slots_[slot].id != id) slot = (slot + 1) & mask;
    return slot;
  }

  std::vector<Slot> slots_;
  unsigned shift_ = 64;
};

}  // namespace notcontent
