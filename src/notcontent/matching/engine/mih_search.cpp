#include "mih_search.hpp"

#include <algorithm>

#include "flips.hpp"
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
// Where so many queries of a block look into a bucket, they are put together.
constexpr std::size_t kCrowd = 2;
constexpr std::size_t kMostAskers = 1U << 18;  // put together at a time: two megabytes
constexpr std::size_t kEnoughNear = 2048;
constexpr std::size_t kRoomNear = 1U << 14;  // what is near is counted afterwards: so much at a time

// How many buckets of a chunk that may differ by so many bits one query looks into.
std::size_t looks_of(int most) {
  std::size_t sum = 0;
  for (int flips = 0; flips <= most; ++flips) sum += whole_flips().of_bits[static_cast<std::size_t>(flips)].size();
  return sum;
}

// And of all chunks.
std::size_t probes_of(const Plan& plan) {
  std::size_t sum = 0;
  for (const int most : plan.alone) sum += looks_of(most);
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
  // look into then stays in the cache for all of them. Where several look into each bucket, bucket after bucket.
  void many(std::size_t begin, std::size_t end) {
    for (unsigned c = 0; c < kChunks; ++c) {
      if (plan_.alone[c] < 0) continue;
      sort_by_high_half(begin, end, c);
      const bool crowded = (end - begin) * looks_of(plan_.alone[c]) >= kCrowd * kBuckets;
      for (std::size_t high = 0; high < kHalf; ++high) {
        if (crowded) {
          crowd_high_half(high, c);
        } else {
          probe_high_half(high, c);
        }
      }
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

  // Every look into buckets of one high half: from queries whose own high half differs by 0, 1, ... bits. `visit` is
  // called with the query's record, the bucket's low half, and the bits in which it differs from the query's chunk.
  template <class Visit>
  [[gnu::always_inline]] void each_look(std::size_t high, unsigned chunk, Visit visit) const {
    const int most = plan_.alone[chunk];
    for (int above = 0; above <= most; ++above) {
      for (const std::uint16_t high_flip : half_flips().of_bits[static_cast<std::size_t>(above)]) {
        const std::size_t group = high ^ high_flip;
        const Record* const end = records_.data() + group_ends_[group];
        const Record* const first = records_.data() + (group == 0 ? 0 : group_ends_[group - 1]);
        for (const LowFlip flip : low_flips(most - above)) {
          for (const Record* record = first; record != end; ++record) {
            visit(*record, (record->value ^ flip.flip) & 0xffU, above + flip.bits);
          }
        }
      }
    }
  }

  void probe_high_half(std::size_t high, unsigned chunk) {
    each_look(high, chunk, [&](const Record& record, std::size_t low, int flips) {
      probe(record, chunk, high << 8 | low, plan_.together[chunk] - flips);
    });
  }

  // The same, bucket after bucket, each for all queries that look into it.
  void crowd_high_half(std::size_t high, unsigned chunk) {
    std::array<std::uint32_t, kHalf> places{};
    each_look(high, chunk, [&](const Record&, std::size_t low, int) { ++places[low]; });
    const std::uint32_t* offsets = table_.offsets(chunk) + (high << 8);
    std::uint32_t sum = 0;
    std::size_t count = 0;
    for (std::size_t low = 0; low < kHalf; ++low) {
      const std::uint32_t first = sum;
      sum += places[low];
      places[low] = first;
      const auto bucket = static_cast<std::uint16_t>(high << 8 | low);
      crowds_[count] = {offsets[low], offsets[low + 1], first, sum, bucket, static_cast<std::uint16_t>(chunk)};
      count += first != sum && offsets[low] != offsets[low + 1];
    }
    if (sum > kMostAskers) {  // many equal queries
      probe_high_half(high, chunk);
      return;
    }
    if (sum > askers_.size()) askers_.resize(std::size_t{2} * sum);
    Asker* const askers = askers_.data();
    const int together = plan_.together[chunk];
    each_look(high, chunk, [&places, askers, together](const Record& record, std::size_t low, int flips) {
      askers[places[low]++] = {record.query, record.wanted, static_cast<std::uint16_t>(together - flips)};
    });
    walk_crowds(count);
  }

  // As many crowds together as there is room for.
  void walk_crowds(std::size_t count) {
    std::size_t first = 0;
    std::size_t steps = 0;
    for (std::size_t c = 0; c < count; ++c) {
      Crowd& crowd = crowds_[c];
      const std::size_t each = (crowd.end - crowd.begin + kStepEntries - 1) / kStepEntries;
      const std::size_t all = each * (crowd.last - crowd.first);
      if (steps + all > kRoomNear) {
        walk(first, c, steps);
        first = c;
        steps = 0;
      }
      if (all > kRoomNear) {  // a long bucket that many look into: some of them at a time
        const auto together = static_cast<std::uint32_t>(std::max<std::size_t>(1, kRoomNear / each));
        for (const std::uint32_t last = crowd.last; crowd.first < last; crowd.first = crowd.last) {
          crowd.last = crowd.first + std::min(together, last - crowd.first);
          walk(c, c + 1, each * (crowd.last - crowd.first));
        }
        first = c + 1;
      } else {
        steps += all;
      }
    }
    walk(first, count, steps);
    settle_near();
  }

  void walk(std::size_t first, std::size_t last, std::size_t steps) {
    if (near_.size() < near_count_ + steps) near_.resize(near_count_ + steps);
    const Near* const end =
        kernels_.probes.crowds.walk(tables(), crowds_.data(), first, last, askers_.data(), near_.data() + near_count_);
    near_count_ = static_cast<std::size_t>(end - near_.data());
    if (near_count_ >= kEnoughNear) settle_near();
  }

  void settle_near() {
    kernels_.probes.crowds.settle(settling_, crowds_.data(), askers_.data(), near_.data(), near_count_, hits_);
    near_count_ = 0;
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
    for (std::size_t done = 0; done < probe_count_;) {
      done = kernels_.probes.scan(tables(), probes_.data(), done, probe_count_, kEnoughSurvivors, survivors_);
      kernels_.probes.settle(settling_, probes_.data(), survivors_, hits_);
      survivors_.clear();
    }
    probe_count_ = 0;
  }

  Tables tables() const {
    const Layout& layout = table_.layout();
    return {table_.checks(0),      table_.lows(0),      table_.highs(0),
            layout.entries_stride, layout.highs_stride, layout.groups};
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

  std::array<Crowd, kHalf> crowds_;
  std::vector<Asker> askers_;
  std::vector<Near> near_;
  std::size_t near_count_ = 0;
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
