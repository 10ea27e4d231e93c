// Rows by how well they fit an estimate: bits that are not all equally sure.
//
// A row's score is the sum, over its 256 bits, of the bit's weight (its log-odds) where the row has the estimated bit
// and of its negative where it has not, divided by the length of the vector of weights. A stranger's score is about
// normal with mean 0 and spread 1; a row that has every estimated bit has the largest, the weights' sum over length.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "sift.hpp"

namespace notcontent {

struct WeightedQuery {
  std::array<std::uint64_t, kRowWords> bits;
  std::array<float, 256> weights;  // of the same bits
};

struct ScoredHit {
  float score;
  std::uint32_t id;
};

using ScoredHits = std::vector<ScoredHit>;

// As Found: by descending score, then id.
struct Scored {
  std::vector<std::int64_t> lims;
  std::vector<std::uint32_t> ids;
  std::vector<float> scores;
};

// Scores rows for one estimate, half a byte at a time by table. Rows of a table and of a pile get the same score.
class WeightedScan {
 public:
  WeightedScan(const WeightedQuery& query, double threshold);

  bool finds_nothing() const { return empty_; }  // no weight at all
  const Rough& rough() const { return rough_; }

  // A row of four words that lie `stride` apart.
  void look_at(const std::uint64_t* words, std::size_t stride, std::uint32_t id, ScoredHits& hits) const;

 private:
  bool empty_ = false;
  float threshold_;
  HalfTables tables_{};                          // what each value of each half byte adds to the score
  std::array<float, kHalves + 1> most_after_{};  // at most added by this half byte and those after it
  Rough rough_;
};

// Where a row of a source lies, and under which id; no words when it has left the bank.
struct WeightedRow {
  const std::uint64_t* words;
  std::size_t stride;
  std::uint32_t id;
};

// Score `count` rows from `first` on, of a source that gives a WeightedRow for a place, for every scan: all of them
// read the same few rows while these are in the nearest cache. `hits` has a list for each scan.
template <class Source>
void sweep_weighted(const Source& source, std::size_t first, std::size_t count, const std::vector<WeightedScan>& scans,
                    Sift sift, std::vector<ScoredHits>& hits) {
  constexpr std::size_t kTiles = 4;
  std::array<SiftTile, kTiles> tiles{};
  for (const std::size_t end = first + count; first < end; first += kTiles * kTileLanes) {
    const std::size_t here = std::min(end - first, kTiles * kTileLanes);
    const std::size_t used = (here + kTileLanes - 1) / kTileLanes;
    for (std::size_t t = 0; t < used; ++t) {
      const std::size_t base = first + t * kTileLanes;
      tiles[t].fill(std::min(end - base, kTileLanes), [&](std::size_t lane) { return source(base + lane); });
    }
    for (std::size_t q = 0; q < scans.size(); ++q) {
      if (scans[q].finds_nothing()) continue;
      for (std::size_t t = 0; t < used; ++t) {
        for (std::uint64_t near = sift(tiles[t], scans[q].rough()) & tiles[t].filled; near != 0; near &= near - 1) {
          const WeightedRow row = source(first + t * kTileLanes + static_cast<std::size_t>(__builtin_ctzll(near)));
          scans[q].look_at(row.words, row.stride, row.id, hits[q]);
        }
      }
    }
  }
}

// Gives the same scores without tables: less work for few rows. Without any weight all scores are 0.
class PlainScore {
 public:
  explicit PlainScore(const WeightedQuery& query);

  float of(const std::uint64_t* words, std::size_t stride) const;

 private:
  std::array<std::uint64_t, kRowWords> bits_;
  std::array<float, 256> adds_;  // a bit's being as estimated; its being the other one takes as much off
};

// Put together what several threads found: for each, a list for each query.
Scored in_order(std::vector<std::vector<ScoredHits>>& found);

}  // namespace notcontent
