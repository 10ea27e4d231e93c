// Damaged index files whose checksums fit: whatever a table says, a search stays inside of it and ends.
//
// A libFuzzer program. An input names a sound table, some edits of its sections, of where they lie and of how many
// rows there are, and what is then done with it. Around each section lies memory that AddressSanitizer guards, so one
// byte read beyond is found. Edits are undone after each run. Python's side of opening is in test_index_files.py.
#include <sanitizer/asan_interface.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <stdexcept>
#include <utility>

#include "living.hpp"
#include "mih_plan.hpp"

namespace notcontent {
namespace {

constexpr std::size_t kMoat = 4096;  // guarded, before and after each section
constexpr std::size_t kMaxEdits = 8;
constexpr std::uint32_t kRadii[] = {0, 7, 15, 20, 31, 31, 40, 63};

// Numbers out of an input; zeros when it has ended.
class Reader {
 public:
  Reader(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}

  bool ended() const { return at_ == end_; }
  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (std::size_t b = 0; b < bytes && !ended(); ++b) value |= std::uint64_t{*at_++} << (8 * b);
    return value;
  }
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : static_cast<std::size_t>(number(4) % limit); }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

// A sound table in memory as a file would lie there, with a moat around each section.
class Base {
 public:
  Base(std::size_t count, bool dense) : count_(count), dense_(dense), layout_(count, dense) {
    std::mt19937_64 random(count);
    std::vector<std::uint32_t> ids(count);
    for (std::size_t i = 0; i < count; ++i) ids[i] = static_cast<std::uint32_t>(dense ? i + 7 : i * 9 + 7);
    // Chunks of few values: every bucket that is used at all is used by many, and look-ups find something.
    std::array<std::uint64_t, 64> values;
    for (std::uint64_t& value : values) value = random() & 0xffffU;
    std::shared_ptr<Memory> rows = Memory::zeroed(count * kRowBytes);
    auto* words = reinterpret_cast<std::uint64_t*>(rows->data());
    for (std::size_t i = 0; i < count * kRowWords; ++i) {
      for (unsigned c = 0; c < 4; ++c) words[i] |= values[random() % values.size()] << (c * kChunkBits);
    }
    const MihTable table(std::move(ids), std::move(rows), 1);
    std::size_t end = kMoat;
    for (std::size_t s = 0; s < kSections; ++s) {
      places_[s] = end;
      end += (layout_.bytes[s] + 63) / 64 * 64 + kMoat;
    }
    memory_ = Memory::zeroed(end);
    for (std::size_t s = 0; s < kSections; ++s) {
      std::memcpy(section(s), table.section(static_cast<Section>(s)), layout_.bytes[s]);
    }
  }

  // Guard the moats, and what lies behind the file in any case. `as_it_is`: sections begin and end where they should.
  void guard(bool as_it_is) const {
    ASAN_UNPOISON_MEMORY_REGION(memory_->data(), memory_->size());
    ASAN_POISON_MEMORY_REGION(memory_->data() + memory_->size(), kMoat);  // Memory::zeroed maps more than that
    if (!as_it_is) return;
    std::size_t end = 0;
    for (std::size_t s = 0; s < kSections; ++s) {
      ASAN_POISON_MEMORY_REGION(memory_->data() + end, places_[s] - end);
      end = places_[s] + layout_.bytes[s];
    }
    ASAN_POISON_MEMORY_REGION(memory_->data() + end, memory_->size() - end);
  }

  std::byte* section(std::size_t which) const { return memory_->data() + places_[which]; }
  std::size_t bytes(std::size_t which) const { return layout_.bytes[which]; }
  std::uint32_t* offsets_of(std::size_t chunk) const {
    return reinterpret_cast<std::uint32_t*>(section(static_cast<std::size_t>(Section::offsets))) +
           chunk * layout_.offsets_stride;
  }
  const std::shared_ptr<Memory>& memory() const { return memory_; }
  const std::array<std::size_t, kSections>& places() const { return places_; }
  std::size_t count() const { return count_; }
  bool dense() const { return dense_; }
  const Layout& layout() const { return layout_; }

 private:
  std::size_t count_;
  bool dense_;
  Layout layout_;
  std::array<std::size_t, kSections> places_{};
  std::shared_ptr<Memory> memory_;
};

const Base& base(std::size_t which) {
  // Rows one by one; looked up at small radii; at 31; at 40, in two groups of rows.
  static const Base bases[] = {{1, true}, {300, false}, {6000, true}, {6000, false}, {66000, false}};
  return bases[which % std::size(bases)];
}

// Changes to a table, and the way back. Half of them are made where the queries will look.
class Edits {
 public:
  Edits(const Base& on, const std::vector<std::uint64_t>& queries)
      : places(on.places()), count(on.count()), dense(on.dense()), on_(on), queries_(queries) {}
  Edits(const Edits&) = delete;
  Edits& operator=(const Edits&) = delete;
  ~Edits() {
    on_.guard(false);
    for (auto edit = undo_.rbegin(); edit != undo_.rend(); ++edit) {
      std::memcpy(edit->at, edit->was.data(), edit->was.size());
    }
  }

  void apply(Reader& input) {
    const auto kind = input.number(1);
    if (kind >= 250) return lie(input);  // seldom: most of these are refused at once
    switch (kind % 8) {
      case 0:
      case 1:
      case 2:
        return overwrite(input);
      case 3:
      case 4:
        return fill(input);
      case 5:
        return flatten(input, false);
      case 6:
        return flatten(input, true);
      default:
        return swap(input);
    }
  }

  std::array<std::size_t, kSections> places;
  std::size_t count;
  bool dense;
  bool lied = false;  // about where sections are

 private:
  struct Undo {
    std::byte* at;
    std::vector<std::byte> was;
  };

  std::byte* touched(std::byte* at, std::size_t bytes) {
    undo_.push_back({at, std::vector<std::byte>(at, at + bytes)});
    return at;
  }

  // A section and a place in it where `width` bytes fit.
  std::pair<std::size_t, std::size_t> place(Reader& input, std::size_t width) const {
    const std::size_t which = input.below(kSections);
    if (on_.bytes(which) < width) return {0, 0};  // the rows, of which there is one at least
    const std::size_t last = on_.bytes(which) - width;
    if (input.number(1) % 2 == 0) return {which, input.below(last + 1)};

    const auto chunk = static_cast<unsigned>(input.below(kChunks));
    const std::size_t flip = input.number(1) % 4 == 0 ? std::size_t{1} << input.below(kChunkBits) : 0;
    const std::size_t query = input.below(queries_.size() / kRowWords);
    const std::size_t bucket = chunk_of(&queries_[query * kRowWords], chunk) ^ flip;
    const std::size_t entry = on_.offsets_of(chunk)[bucket] + input.number(1) % 8;
    const Layout& layout = on_.layout();
    switch (static_cast<Section>(which)) {
      case Section::offsets:
        return {which, std::min(last, (chunk * layout.offsets_stride + bucket) * 4)};
      case Section::checks:
      case Section::lows:
        return {which, std::min(last, (chunk * layout.entries_stride + entry) * 2)};
      case Section::highs: {
        const std::size_t bit = entry + bucket * layout.groups;
        return {which, std::min(last, (chunk * layout.highs_stride + bit / 64) * 8)};
      }
      default:
        return {which, input.below(last + 1)};
    }
  }

  void overwrite(Reader& input) {
    const std::size_t width = std::size_t{1} << input.below(4);
    const auto [which, at] = place(input, width);
    const std::uint64_t value = input.number(8);
    std::memcpy(touched(on_.section(which) + at, width), &value, width);
  }

  void fill(Reader& input) {
    const auto [which, at] = place(input, 1);
    const std::size_t length = std::min<std::size_t>(on_.bytes(which) - at, 1 + input.below(1U << 16));
    std::memset(touched(on_.section(which) + at, length), static_cast<int>(input.number(1)), length);
  }

  // A run of buckets begins where its first or last one does: the order of buckets is kept, so the table is taken.
  void flatten(Reader& input, bool upwards) {
    std::uint32_t* offsets = on_.offsets_of(input.below(kChunks));
    std::size_t first = 1 + input.below(kBuckets - 1);
    std::size_t last = std::min(kBuckets - 1, first + input.below(kBuckets));
    const std::uint32_t value = offsets[upwards ? last : first];
    touched(reinterpret_cast<std::byte*>(offsets + first), (last - first + 1) * sizeof(std::uint32_t));
    std::fill(offsets + first, offsets + last + 1, value);
  }

  void swap(Reader& input) {
    const std::size_t which = input.below(kSections);
    if (on_.bytes(which) < 16) return;
    std::byte* a = touched(on_.section(which) + input.below(on_.bytes(which) / 8) * 8, 8);
    std::byte* b = touched(on_.section(which) + input.below(on_.bytes(which) / 8) * 8, 8);
    if (a != b) std::swap_ranges(a, a + 8, b);
  }

  // What a header could say, as far as the binding lets it through.
  void lie(Reader& input) {
    lied = true;
    switch (input.number(1) % 4) {
      case 0:
        count = input.number(4) % IdTable::kNoRow;
        break;
      case 1:
        count = input.below(2 * on_.count() + 2);
        break;
      case 2:
        dense = !dense;
        break;
      default:
        places[input.below(kSections)] = static_cast<std::size_t>(input.number(8)) << (input.number(1) % 8);
    }
  }

  const Base& on_;
  const std::vector<std::uint64_t>& queries_;
  std::vector<Undo> undo_;
};

void require(bool condition, const char* otherwise) {
  if (condition) return;
  std::fprintf(stderr, "fuzz_table: %s\n", otherwise);
  std::abort();
}

// Queries that are near to rows, so that look-ups find something.
std::vector<std::uint64_t> asked(const Base& on, Reader& input) {
  const std::size_t distinct = 1 + input.below(4);
  // More than 384 are worked off in another way.
  const std::size_t repeats = input.number(1) % 16 == 0 && on.count() < 10000 ? 150 : 1;
  std::vector<std::uint64_t> queries(distinct * repeats * kRowWords);
  for (std::size_t q = 0; q < distinct; ++q) {
    std::memcpy(&queries[q * kRowWords], on.section(0) + input.below(on.count()) * kRowBytes, kRowBytes);
    queries[q * kRowWords + input.below(kRowWords)] ^= input.number(8);
  }
  for (std::size_t at = distinct * kRowWords; at < queries.size(); ++at)
    queries[at] = queries[at % (distinct * kRowWords)];
  return queries;
}

void search(const Living& bank, const std::vector<std::uint64_t>& queries, std::uint32_t radius) {
  const Found found = bank.search(queries, radius, 1);
  require(found.lims.size() == queries.size() / kRowWords + 1, "an answer for each query");
  require(found.lims.back() == static_cast<std::int64_t>(found.ids.size()), "limits and ids disagree");
  for (const std::uint8_t distance : found.distances) require(distance <= radius, "a row beyond the radius");
}

void use(std::shared_ptr<const MihTable> table, const Base& on, const std::vector<std::uint64_t>& queries,
         Reader& input) {
  const auto& kernels = available_kernels();
  Living bank(*kernels[input.below(kernels.size())], {std::move(table)});
  const std::uint32_t radius = kRadii[input.number(1) % std::size(kRadii)];
  search(bank, queries, radius);
  const auto what = input.number(1);
  if (what & 1) {
    bank.remove({7, 8, static_cast<std::uint32_t>(input.number(4)), 7});
    search(bank, queries, radius);
  }
  try {
    if (what & 2) bank.add({Words{1, 2, 3, 4}}, std::nullopt);
  } catch (const std::length_error&) {  // the damaged table holds the last id
  }
  if ((what & 4) && on.count() < 10000) {
    bank.merge(1);
    search(bank, queries, radius);
  }
  if ((what & 8) && on.count() < 10000) {
    WeightedQuery query;
    std::memcpy(query.bits.data(), queries.data(), kRowBytes);
    query.weights.fill(1);
    bank.search_weighted({query}, 10, 1);
  }
  if (what & 16) {
    WeightedQuery look;
    std::memcpy(look.bits.data(), queries.data(), kRowBytes);
    look.weights.fill(1);
    const Candidates given = bank.search_estimates({look, look}, 4, {{0, 1}, 3}, GuessLimits(6.5, 16), 50, 1);
    for (const float score : given.scores) require(score >= 4, "a row that does not fit");
  }
}

}  // namespace
}  // namespace notcontent

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace notcontent;
  Reader input(data, size);
  const Base& on = base(input.number(1));
  const std::vector<std::uint64_t> queries = asked(on, input);
  Edits edits(on, queries);
  const std::size_t count = input.number(1) % kMaxEdits;
  for (std::size_t e = 0; e < count; ++e) edits.apply(input);
  on.guard(!edits.lied);
  try {
    use(std::make_shared<const MihTable>(on.memory(), edits.places, edits.count, edits.dense), on, queries, input);
  } catch (const std::invalid_argument&) {  // refused
  }
  return 0;
}
