#include "regions.hpp"

#include <algorithm>
#include <cstring>

namespace notcontent {
namespace {

// The first run of those that this one is known to be connected to; what lies on the way is led there.
std::size_t first_of(std::vector<std::int64_t>& labels, std::size_t run) {
  while (static_cast<std::size_t>(labels[run]) != run) {
    labels[run] = labels[static_cast<std::size_t>(labels[run])];
    run = static_cast<std::size_t>(labels[run]);
  }
  return run;
}

void join(std::vector<std::int64_t>& labels, std::size_t one, std::size_t other) {
  const std::size_t first = first_of(labels, one);
  const std::size_t second = first_of(labels, other);
  labels[std::max(first, second)] = static_cast<std::int64_t>(std::min(first, second));
}

// Where the next sample of a kind lies, or the row's end.
std::size_t next_of(const bool* row, std::size_t from, std::size_t width, bool kind) {
  const void* found = from < width ? std::memchr(row + from, kind ? 1 : 0, width - from) : nullptr;
  return found == nullptr ? width : static_cast<std::size_t>(static_cast<const bool*>(found) - row);
}

}  // namespace

Runs runs_of(const Strided<bool>& marks, std::size_t shortest) {
  Runs runs;
  std::size_t above = 0;  // the first run of the row above
  std::size_t here = 0;   // ... and of this one
  for (std::size_t y = 0; y < marks.height; ++y) {
    const bool* row = marks.data + static_cast<std::ptrdiff_t>(y) * marks.down;
    for (std::size_t x = next_of(row, 0, marks.width, true); x < marks.width;) {
      const std::size_t end = next_of(row, x, marks.width, false);
      if (end - x >= shortest) {
        runs.rows.push_back(static_cast<std::int64_t>(y));
        runs.starts.push_back(static_cast<std::int64_t>(x));
        runs.ends.push_back(static_cast<std::int64_t>(end));
        runs.labels.push_back(static_cast<std::int64_t>(runs.labels.size()));
      }
      x = next_of(row, end, marks.width, true);
    }
    const std::size_t count = runs.rows.size();
    for (std::size_t one = above, other = here; one < here && other < count;) {
      if (runs.starts[one] < runs.ends[other] && runs.starts[other] < runs.ends[one]) join(runs.labels, one, other);
      ++(runs.ends[one] < runs.ends[other] ? one : other);
    }
    above = here;
    here = count;
  }
  for (std::size_t run = 0; run < runs.labels.size(); ++run) {
    runs.labels[run] = static_cast<std::int64_t>(first_of(runs.labels, run));
  }
  return runs;
}

std::array<std::int64_t, 256> levels_of(const Strided<std::uint8_t>& luma, std::size_t count, const std::int64_t* rows,
                                        const std::int64_t* starts, const std::int64_t* ends) {
  std::array<std::int64_t, 256> counts{};
  for (std::size_t run = 0; run < count; ++run) {
    const std::uint8_t* row = luma.data + static_cast<std::ptrdiff_t>(rows[run]) * luma.down;
    for (std::int64_t x = starts[run]; x < ends[run]; ++x) ++counts[row[x]];
  }
  return counts;
}

}  // namespace notcontent
