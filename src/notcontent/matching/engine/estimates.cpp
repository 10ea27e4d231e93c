#include "estimates.hpp"

#include <algorithm>
#include <iterator>

#include "crew.hpp"

namespace notcontent {
namespace {

// A guess takes as long as scoring so many rows for one look: 50 to 100 where rows are ruled out in wide registers, one
// or two where they are not. It is one number for all, so that every processor finds the same rows.
constexpr std::size_t kScoresPerGuess = 40;
constexpr std::size_t kSampledChunks[] = {3, 11};  // that tell how many guesses there will be
constexpr std::size_t kFewRows = std::size_t{1} << 14;  // that are scored without asking how many guesses there are
constexpr std::size_t kFewPlaces = 12;  // that are scored for all looks without tables
constexpr std::size_t kSpanRows = 4096;
constexpr std::size_t kGuessesAhead = 32;  // whose buckets are asked for before they are needed
constexpr std::size_t kBufferProbes = 2048;  // worked off together, as in mih_search.cpp
constexpr std::size_t kEnoughSurvivors = 2048;

// The rows of a table at some places.
class RowsAt {
 public:
  explicit RowsAt(const MihPart& part) : table_(*part.table), dead_(*part.dead) {}

  void ask_for(std::size_t place) const { __builtin_prefetch(table_.row(place)); }
  // Under its place instead of its id; nothing when it has left the bank.
  WeightedRow operator()(std::size_t place) const {
    return {dead_.has(place) ? nullptr : table_.row(place), 1, static_cast<std::uint32_t>(place)};
  }

 private:
  const MihTable& table_;
  const DeadRows& dead_;
};

// Append the places of those rows that fit a look.
void sift_places(const RowsAt& rows, const std::vector<std::uint32_t>& places, const WeightedScan& scan, Sift sift,
                 std::vector<std::uint32_t>& fitting) {
  ScoredHits hits;
  SiftTile tile{};
  for (std::size_t i = 0; i < std::min(kTileLanes, places.size()); ++i) rows.ask_for(places[i]);
  for (std::size_t first = 0; first < places.size(); first += kTileLanes) {
    const std::size_t count = std::min(kTileLanes, places.size() - first);
    const std::size_t next = first + kTileLanes;
    for (std::size_t i = next; i < std::min(next + kTileLanes, places.size()); ++i) rows.ask_for(places[i]);
    tile.fill(count, [&](std::size_t lane) { return rows(places[first + lane]); });
    for (std::uint64_t near = sift(tile, scan.rough()) & tile.filled; near != 0; near &= near - 1) {
      const WeightedRow row = rows(places[first + static_cast<std::size_t>(__builtin_ctzll(near))]);
      scan.look_at(row.words, row.stride, row.id, hits);
    }
  }
  for (const ScoredHit& hit : hits) fitting.push_back(hit.id);
}

struct Candidate {
  float score;
  std::uint32_t id;
  std::uint32_t look;
};

// Put together what each thread found for each look.
std::vector<Candidate> joined(const std::vector<std::vector<ScoredHits>>& found) {
  std::vector<Candidate> all;
  for (const std::vector<ScoredHits>& of_looks : found) {
    for (std::size_t look = 0; look < of_looks.size(); ++look) {
      for (const ScoredHit& hit : of_looks[look]) all.push_back({hit.score, hit.id, static_cast<std::uint32_t>(look)});
    }
  }
  return all;
}

}  // namespace

EstimateSearch::EstimateSearch(const std::vector<WeightedQuery>& looks, double threshold, const Leads& leads,
                               GuessLimits limits, const Kernels& kernels, unsigned threads)
    : kernels_(kernels),
      threads_(threads),
      limits_(limits),
      looks_(looks),
      threshold_(threshold),
      found_(threads, std::vector<ScoredHits>(looks.size())) {
  leads_.reserve(leads.looks.size());
  lead_scans_.reserve(leads.looks.size());
  for (const std::uint32_t number : leads.looks) {
    leads_.push_back(&looks[number]);
    lead_scans_.emplace_back(looks[number], leads.hint);
  }
}

const std::vector<WeightedScan>& EstimateSearch::scans() {
  if (scans_.empty()) {
    scans_.reserve(looks_.size());
    for (const WeightedQuery& look : looks_) scans_.emplace_back(look, threshold_);
  }
  return scans_;
}

void EstimateSearch::search(const MihPart& part) {
  if (is_worth_looking_up(part)) {
    look_up(part);
  } else {
    score_all(part);
  }
}

void EstimateSearch::search(const Chunks& pile) {
  for (const Rows& tile : pile.tiles()) {
    sweep_weighted(TileRows(tile), 0, tile.count, scans(), kernels_.sift, found_.front());
  }
}

bool EstimateSearch::is_worth_looking_up(const MihPart& part) {
  if (part.table->size() <= kFewRows) return false;
  if (!expected_guesses_) {
    costs_.reserve(leads_.size());
    for (const WeightedQuery* look : leads_) costs_.emplace_back(*look);
    guessers_.resize(std::min<std::size_t>(threads_, kChunks));
    std::size_t sampled = 0;
    for (const std::size_t chunk : kSampledChunks) {
      guess(guessers_.front(), chunk);
      sampled += guesses_[chunk].size();
    }
    expected_guesses_ = sampled * kChunks / std::size(kSampledChunks);
  }
  return *expected_guesses_ * kScoresPerGuess < part.table->size() * looks_.size();
}

void EstimateSearch::guess(Guesser& guesser, std::size_t chunk) {
  guesses_[chunk] = guesser.about(static_cast<unsigned>(chunk), costs_, limits_);
  checks_[chunk].reserve(costs_.size());
  for (const LookCosts& look : costs_) checks_[chunk].emplace_back(look, static_cast<unsigned>(chunk + 1) % kChunks);
}

void EstimateSearch::guess_the_rest() {
  share_out(kChunks, guessers_.size(), [&](std::size_t chunk, std::size_t member) {
    if (checks_[chunk].empty()) guess(guessers_[member], chunk);
  });
}

void EstimateSearch::score_all(const MihPart& part) {
  const std::size_t count = part.table->size();
  const std::vector<WeightedScan>& scans = this->scans();
  share_out((count + kSpanRows - 1) / kSpanRows, threads_, [&](std::size_t span, std::size_t member) {
    const std::size_t first = span * kSpanRows;
    sweep_weighted(PartRows(part), first, std::min(kSpanRows, count - first), scans, kernels_.sift, found_[member]);
  });
}

void EstimateSearch::look_up(const MihPart& part) {
  guess_the_rest();
  const std::size_t leads = lead_scans_.size();
  std::vector<PlacesOfLeads> places(std::min<std::size_t>(threads_, kChunks), PlacesOfLeads(leads));
  share_out(kChunks, places.size(), [&](std::size_t chunk, std::size_t member) {
    open_buckets(*part.table, static_cast<unsigned>(chunk), places[member]);
  });

  std::vector<std::vector<std::uint32_t>> fitting(threads_);
  share_out(leads, threads_, [&](std::size_t lead, std::size_t member) {
    for (const PlacesOfLeads& some : places) {
      sift_places(RowsAt(part), some[lead], lead_scans_[lead], kernels_.sift, fitting[member]);
    }
  });
  std::vector<std::uint32_t> all;
  for (const std::vector<std::uint32_t>& some : fitting) all.insert(all.end(), some.begin(), some.end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  if (all.size() <= kFewPlaces) return score_few(part, all);
  const PartRows rows(part);
  sweep_weighted([&](std::size_t i) { return rows(all[i]); }, 0, all.size(), scans(), kernels_.sift, found_.front());
}

// Score some rows for all looks without making their tables, which would take longer.
void EstimateSearch::score_few(const MihPart& part, const std::vector<std::uint32_t>& places) {
  if (places.empty()) return;
  const PartRows rows(part);
  const auto threshold = static_cast<float>(threshold_);
  for (std::size_t look = 0; look < looks_.size(); ++look) {
    const PlainScore score(looks_[look]);
    if (score.finds_nothing()) continue;
    for (const std::uint32_t place : places) {
      const WeightedRow row = rows(place);
      if (row.words == nullptr) continue;
      const float of_row = score.of(row.words, row.stride);
      if (of_row >= threshold) found_.front()[look].push_back({of_row, row.id});
    }
  }
}

void EstimateSearch::open_buckets(const MihTable& table, unsigned chunk, PlacesOfLeads& places) const {
  const Layout& layout = table.layout();
  const Tables tables{table.checks(0),       table.lows(0),       table.highs(0),
                      layout.entries_stride, layout.highs_stride, layout.groups};
  const std::uint32_t* offsets = table.offsets(chunk);
  std::vector<GuessProbe> probes(kBufferProbes);
  std::vector<Survivor> survivors;
  const std::vector<Guess>& guesses = guesses_[chunk];
  for (std::size_t next = 0; next < guesses.size();) {
    std::size_t count = 0;
    for (; next < guesses.size() && count < kBufferProbes; ++next) {
      if (next + kGuessesAhead < guesses.size()) __builtin_prefetch(offsets + guesses[next + kGuessesAhead].value);
      const Guess& guess = guesses[next];
      const std::uint32_t begin = offsets[guess.value];
      const std::uint32_t end = offsets[guess.value + std::size_t{1}];
      probes[count] = {begin, end, guess.value, guess.look, guess.left, static_cast<std::uint8_t>(chunk)};
      count += begin != end ? 1 : 0;  // without a branch: which bucket is empty cannot be foretold
    }
    for (std::size_t done = 0; done < count;) {
      done = kernels_.guesses.scan(tables, checks_[chunk].data(), probes.data(), done, count, kEnoughSurvivors,
                                   survivors);
      kernels_.guesses.locate(table, probes.data(), survivors, places);
      survivors.clear();
    }
  }
}

Candidates EstimateSearch::best(std::size_t most) {
  std::vector<Candidate> all = joined(found_);
  found_.clear();
  std::sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    if (a.id != b.id) return a.id < b.id;
    return a.score != b.score ? a.score > b.score : a.look < b.look;
  });
  const auto same_row = [](const Candidate& a, const Candidate& b) { return a.id == b.id; };
  all.erase(std::unique(all.begin(), all.end(), same_row), all.end());
  std::sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.id < b.id;
  });

  Candidates best{{}, {}, {}, all.size() - std::min(all.size(), most)};
  all.resize(all.size() - best.left_out);
  for (const Candidate& each : all) {
    best.ids.push_back(each.id);
    best.scores.push_back(each.score);
    best.looks.push_back(each.look);
  }
  return best;
}

}  // namespace notcontent
