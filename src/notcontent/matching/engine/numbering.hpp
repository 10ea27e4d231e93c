// Ids for rows that come without: on from the largest ever held, so that none is used twice.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace notcontent {

class Numbering {
 public:
  // The next `count` ids. Throws std::length_error when there are not as many left.
  std::vector<std::uint32_t> next(std::size_t count) const {
    if (count > kIdLimit - next_) throw std::length_error("no ids left");
    std::vector<std::uint32_t> ids(count);
    for (std::size_t i = 0; i < count; ++i) ids[i] = static_cast<std::uint32_t>(next_ + i);
    return ids;
  }

  bool is_fresh(std::uint32_t id) const { return id >= next_; }

  void saw(std::uint32_t id) { next_ = std::max(next_, std::uint64_t{id} + 1); }

 private:
  static constexpr std::uint64_t kIdLimit = std::uint64_t{1} << 32;
  std::uint64_t next_ = 0;
};

}  // namespace notcontent
