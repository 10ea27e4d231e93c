// A living bank, searched by looking at every row.
//
// A writer makes the next state beside the present one and then publishes it in one step; a search works on the
// state that it found at its start. So a search sees an `add` or `remove` wholly or not at all, and neither side ever
// waits for the other.
#pragma once

#include <mutex>
#include <optional>

#include "numbering.hpp"
#include "pile.hpp"

namespace notcontent {

class Brute {
 public:
  explicit Brute(const Kernels& kernels) : kernels_(kernels), current_(pile_.now()) {}

  std::size_t size() const { return snapshot()->size(); }

  // Add rows. Without ids they are numbered on from the largest id ever held. Returns the ids.
  // Throws DuplicateId, std::length_error (no ids left) or std::bad_alloc; then nothing has changed.
  std::vector<std::uint32_t> add(const std::vector<Words>& rows, std::optional<std::vector<std::uint32_t>> ids);

  // Take out rows by id; unknown ids are passed over. Returns how many were taken out.
  std::size_t remove(const std::vector<std::uint32_t>& ids);

  Found search(const std::vector<std::uint64_t>& queries, std::uint32_t radius, unsigned threads) const;

 private:
  std::shared_ptr<const Chunks> snapshot() const;
  void publish(std::shared_ptr<const Chunks> next) noexcept;

  const Kernels& kernels_;
  std::mutex write_lock_;  // one writer at a time; guards the two below
  Pile pile_;
  Numbering numbering_;
  mutable std::mutex publish_lock_;  // held only while the pointer below is copied
  std::shared_ptr<const Chunks> current_;
};

}  // namespace notcontent
