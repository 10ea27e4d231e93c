#include "mih_search.hpp"

#include <algorithm>

#include "mih_plan.hpp"

namespace notcontent {
namespace {

// Looking into a bucket takes as long as comparing so many rows outright. At radius 31 there are 272 buckets to look
// into, at 63 there are 11,152; so this decides only for small tables and large radii.
constexpr std::size_t kRowsPerProbe = 14;

constexpr std::size_t kBufferProbes = 2048;  // worked off together: small enough to stay in the nearest cache
constexpr std::size_t kEnoughSurvivors = 2048;
constexpr std::size_t kFewQueries = 384;         // up to here they are not worth sorting, at 10^5 to 10^7 rows alike
constexpr std::size_t kBlockQueries = 1U << 15;  // sorted together: their records stay in the second cache
constexpr unsigned kMostFlips = kMaxRadius / kChunks;
constexpr std::size_t kHalf = 256;  // values of half a chunk

// Numbers below 2^width by how many bits they have, up to kMostFlips.
template <unsigned Width>
struct Flips {
  Flips() {
    for (unsigned bits = 0; bits <= kMostFlips; ++bits) {
      for (std::uint32_t v = 0; v < (1U << Width); ++v) {
        if (static_cast<unsigned>(__builtin_popcount(v)) == bits)
          of_bits[bits].push_back(static_cast<std::uint16_t>(v));
      }
    }
  }
  std::array<std::vector<std::uint16_t>, kMostFlips + 1> of_bits;
};

const Flips<16>& whole_flips() {
  static const Flips<16> flips;
  return flips;
}

const Flips<8>& half_flips() {
  static const Flips<8> flips;
  return flips;
}

// How many buckets one query looks into.
std::size_t probes_of(const Plan& plan) {
  std::size_t sum = 0;
  for (const int most : plan.alone) {
    for (int flips = 0; flips <= most; ++flips) sum += whole_flips().of_bits[static_cast<std::size_t>(flips)].size();
  }
  return sum;
}

// One search of one table by one thread.
class Lookup {
 public:
  Lookup(const MihPart& part, const std::vector<std::uint64_t>& queries, std::uint32_t radius, const Kernels& kernels,
         Hits& hits)
      : table_(*part.table),
        queries_(queries.data()),
        plan_(radius),
        settling_{table_, *part.dead, queries_, radius, plan_},
        kernels_(kernels),
        hits_(hits) {}

  bool is_worth_it() const { return probes_of(plan_) * kRowsPerProbe < table_.size(); }

  // Every row, one after the other.
  void all_rows(std::size_t begin, std::size_t end) {
    for (std::size_t q = begin; q < end; ++q) {
      const std::size_t first = hits_.size();
      kernels_.scan_rows(table_.row(0), table_.size(), queries_ + q * kRowWords, static_cast<std::uint32_t>(q),
                         settling_.radius, hits_);
      const auto dead = [this](const Hit& hit) { return settling_.dead.has(hit.id); };
      hits_.erase(std::remove_if(hits_.begin() + static_cast<std::ptrdiff_t>(first), hits_.end(), dead), hits_.end());
      for (std::size_t h = first; h < hits_.size(); ++h) hits_[h].id = table_.id(hits_[h].id);
    }
  }

  // Few queries: all their probes at once, chunk after chunk.
  void few(std::size_t begin, std::size_t end) {
    for (std::size_t q = begin; q < end; ++q) {
      const std::uint64_t* query = queries_ + q * kRowWords;
      for (unsigned c = 0; c < kChunks; ++c) {
        for (int flips = 0; flips <= plan_.alone[c]; ++flips) {
          for (const std::uint16_t flip : whole_flips().of_bits[static_cast<std::size_t>(flips)]) {
            __builtin_prefetch(table_.offsets(c) + (chunk_of(query, c) ^ flip));
          }
        }
      }
      for (unsigned c = 0; c < kChunks; ++c) {
        const Record record = record_of(q, c);
        for (int flips = 0; flips <= plan_.alone[c]; ++flips) {
          for (const std::uint16_t flip : whole_flips().of_bits[static_cast<std::size_t>(flips)]) {
            probe(record, c, record.value ^ flip, plan_.together[c] - flips);
          }
        }
      }
    }
    flush();
  }

  // Many queries, a chunk at a time, in the order of the high half of its value: the part of the table that they
  // look into then stays in the cache for all of them.
  void many(std::size_t begin, std::size_t end) {
    for (unsigned c = 0; c < kChunks; ++c) {
      if (plan_.alone[c] < 0) continue;
      sort_by_high_half(begin, end, c);
      for (std::size_t high = 0; high < kHalf; ++high) probe_high_half(high, c);
      flush();
    }
  }

 private:
  struct Record {
    std::uint32_t query;
    std::uint16_t value;   // of the chunk
    std::uint16_t wanted;  // the next chunk
  };

  Record record_of(std::size_t q, unsigned chunk) const {
    const std::uint64_t* query = queries_ + q * kRowWords;
    return {static_cast<std::uint32_t>(q), chunk_of(query, chunk), chunk_of(query, (chunk + 1) % kChunks)};
  }

  void sort_by_high_half(std::size_t begin, std::size_t end, unsigned chunk) {
    group_ends_.fill(0);
    for (std::size_t q = begin; q < end; ++q) ++group_ends_[chunk_of(queries_ + q * kRowWords, chunk) >> 8];
    std::uint32_t sum = 0;
    for (std::uint32_t& group : group_ends_) {
      const std::uint32_t size = group;
      group = sum;
      sum += size;
    }
    records_.resize(end - begin);
    for (std::size_t q = begin; q < end; ++q) {
      const Record record = record_of(q, chunk);
      records_[group_ends_[record.value >> 8]++] = record;
    }
  }

  // All probes into buckets of one high half: from queries whose own high half differs by 0, 1, ... bits.
  void probe_high_half(std::size_t high, unsigned chunk) {
    const int most = plan_.alone[chunk];
    for (int above = 0; above <= most; ++above) {
      for (const std::uint16_t high_flip : half_flips().of_bits[static_cast<std::size_t>(above)]) {
        const std::size_t group = high ^ high_flip;
        for (std::size_t at = group == 0 ? 0 : group_ends_[group - 1]; at < group_ends_[group]; ++at) {
          const Record record = records_[at];
          const std::size_t first = high << 8 | (record.value & 0xffU);
          for (int below = 0; below <= most - above; ++below) {
            for (const std::uint16_t low_flip : half_flips().of_bits[static_cast<std::size_t>(below)]) {
              probe(record, chunk, first ^ low_flip, plan_.together[chunk] - above - below);
            }
          }
        }
      }
    }
  }

  [[gnu::always_inline]] void probe(const Record& record, unsigned chunk, std::size_t bucket, int limit) {
    const std::uint32_t* offsets = table_.offsets(chunk) + bucket;
    if (limit < 0 || offsets[0] == offsets[1]) return;
    probes_[probe_count_++] = {offsets[0],
                               offsets[1],
                               record.query,
                               static_cast<std::uint16_t>(bucket),
                               record.wanted,
                               static_cast<std::uint8_t>(limit),
                               static_cast<std::uint8_t>(chunk)};
    if (probe_count_ == kBufferProbes) flush();
  }

  void flush() {
    const Layout& layout = table_.layout();
    const Tables tables{table_.checks(0),      table_.lows(0),      table_.highs(0),
                        layout.entries_stride, layout.highs_stride, layout.groups};
    for (std::size_t done = 0; done < probe_count_;) {
      done = kernels_.probes.scan(tables, probes_.data(), done, probe_count_, kEnoughSurvivors, survivors_);
      kernels_.probes.settle(settling_, probes_.data(), survivors_, hits_);
      survivors_.clear();
    }
    probe_count_ = 0;
  }

  const MihTable& table_;
  const std::uint64_t* const queries_;
  const Plan plan_;
  const Settling settling_;
  const Kernels& kernels_;
  Hits& hits_;

  std::array<std::uint32_t, kHalf> group_ends_{};
  std::vector<Record> records_;
  std::array<Probe, kBufferProbes> probes_;
  std::size_t probe_count_ = 0;
  std::vector<Survivor> survivors_;
};

}  // namespace

void search_part(const MihPart& part, const std::vector<std::uint64_t>& queries, std::size_t begin, std::size_t end,
                 std::uint32_t radius, const Kernels& kernels, Hits& hits) {
  Lookup lookup(part, queries, radius, kernels, hits);
  if (!lookup.is_worth_it()) {
    lookup.all_rows(begin, end);
    return;
  }
  if (end - begin <= kFewQueries) {
    lookup.few(begin, end);
    return;
  }
  for (std::size_t first = begin; first < end; first += kBlockQueries) {
    lookup.many(first, std::min(end, first + kBlockQueries));
  }
}

}  // namespace notcontent
