#include "regions.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace notcontent {
namespace {

// Runs row after row, and for each the number of the first run that it is connected to.
struct Runs {
  std::vector<Span> spans;
  std::vector<std::size_t> labels;
};

// The first run of those that this one is known to be connected to; what lies on the way is led there.
std::size_t first_of(std::vector<std::size_t>& labels, std::size_t run) {
  while (labels[run] != run) {
    labels[run] = labels[labels[run]];
    run = labels[run];
  }
  return run;
}

void join(std::vector<std::size_t>& labels, std::size_t one, std::size_t other) {
  const std::size_t first = first_of(labels, one);
  const std::size_t second = first_of(labels, other);
  labels[std::max(first, second)] = std::min(first, second);
}

// Where the next sample of a kind lies, or the row's end.
std::size_t next_of(const std::uint8_t* row, std::size_t from, std::size_t width, int kind) {
  const void* found = from < width ? std::memchr(row + from, kind, width - from) : nullptr;
  return found == nullptr ? width : static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - row);
}

Runs runs_of(const Bitmap& marks, std::size_t shortest) {
  Runs runs;
  std::size_t above = 0;  // the first run of the row above
  std::size_t here = 0;   // ... and of this one
  for (std::size_t y = 0; y < marks.height; ++y) {
    const std::uint8_t* row = marks.row(y);
    for (std::size_t x = next_of(row, 0, marks.width, 1); x < marks.width;) {
      const std::size_t end = next_of(row, x, marks.width, 0);
      if (end - x >= shortest) {
        runs.labels.push_back(runs.spans.size());
        runs.spans.push_back({y, x, end});
      }
      x = next_of(row, end, marks.width, 1);
    }
    const std::size_t count = runs.spans.size();
    for (std::size_t one = above, other = here; one < here && other < count;) {
      const Span& upper = runs.spans[one];
      const Span& lower = runs.spans[other];
      if (upper.start < lower.end && lower.start < upper.end) join(runs.labels, one, other);
      ++(upper.end < lower.end ? one : other);
    }
    above = here;
    here = count;
  }
  for (std::size_t run = 0; run < runs.labels.size(); ++run) runs.labels[run] = first_of(runs.labels, run);
  return runs;
}

// The largest convex sequence that is nowhere above these values (Andrew's monotone chain).
std::vector<double> below(const std::vector<std::int64_t>& values) {
  std::vector<std::pair<std::int64_t, std::int64_t>> chain;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto place = static_cast<std::int64_t>(i);
    while (chain.size() > 1) {
      const auto [a, low] = chain[chain.size() - 2];
      const auto [b, middle] = chain.back();
      if ((middle - low) * (place - a) < (values[i] - low) * (b - a)) break;
      chain.pop_back();
    }
    chain.emplace_back(place, values[i]);
  }
  std::vector<double> line(values.size());
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
    const auto [from, low] = chain[i];
    const auto [to, high] = chain[i + 1];
    const double slope = static_cast<double>(high - low) / static_cast<double>(to - from);
    for (std::int64_t x = from; x < to; ++x) {
      line[static_cast<std::size_t>(x)] = slope * static_cast<double>(x - from) + static_cast<double>(low);
    }
  }
  line.back() = static_cast<double>(values.back());
  return line;
}

}  // namespace

std::vector<Region> find_regions(const Bitmap& marks, std::size_t least, std::size_t most, std::size_t shortest) {
  Runs runs = runs_of(marks, shortest);
  std::vector<std::size_t> areas(runs.spans.size());
  for (std::size_t run = 0; run < runs.spans.size(); ++run) {
    areas[runs.labels[run]] += runs.spans[run].end - runs.spans[run].start;
  }
  std::vector<std::size_t> large;
  for (std::size_t label = 0; label < areas.size(); ++label) {
    if (areas[label] >= std::max<std::size_t>(1, least)) large.push_back(label);
  }
  std::stable_sort(large.begin(), large.end(), [&](std::size_t a, std::size_t b) { return areas[a] > areas[b]; });
  large.resize(std::min(large.size(), most));
  std::vector<Region> found;
  found.reserve(large.size());
  std::vector<std::size_t> place(areas.size(), large.size());
  for (const std::size_t label : large) {
    place[label] = found.size();
    found.push_back({areas[label], {}});
  }
  for (std::size_t run = 0; run < runs.spans.size(); ++run) {
    const std::size_t region = place[runs.labels[run]];
    if (region < found.size()) found[region].spans.push_back(runs.spans[run]);
  }
  return found;
}

Hull hull_of(const Region& region) {
  const std::size_t top = region.spans.front().row;
  const std::size_t height = region.spans.back().row - top + 1;  // every row between has a run
  std::vector<std::int64_t> left(height, std::numeric_limits<std::int64_t>::max());
  std::vector<std::int64_t> right(height, 0);  // the other way round
  for (const Span& span : region.spans) {
    left[span.row - top] = std::min(left[span.row - top], static_cast<std::int64_t>(span.start));
    right[span.row - top] = std::min(right[span.row - top], -static_cast<std::int64_t>(span.end));
  }
  Hull hull{top, below(left), below(right)};
  for (double& column : hull.right) column = -column;
  return hull;
}

std::array<std::int64_t, 256> levels_of(const Region& region, const Strided<std::uint8_t>& luma) {
  constexpr std::size_t kBeside = 4;  // counts of their own, as neighbours mostly have the same level
  std::array<std::array<std::uint32_t, 256>, kBeside> counts{};
  for (const Span& span : region.spans) {
    const std::uint8_t* row = luma.data + static_cast<std::ptrdiff_t>(span.row) * luma.down;
    for (std::size_t x = span.start; x < span.end; ++x) ++counts[x % kBeside][row[x]];
  }
  std::array<std::int64_t, 256> found{};
  for (const auto& some : counts) {
    for (std::size_t level = 0; level < found.size(); ++level) found[level] += some[level];
  }
  return found;
}

}  // namespace notcontent
