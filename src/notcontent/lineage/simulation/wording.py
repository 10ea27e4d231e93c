"""Texts under posts: random words of three scripts, and what is written below them."""

import numpy as np
from numpy.typing import NDArray

_LATIN = """
river lamp seven north quiet paper window market green stone under bright winter travel song copper little early garden
bridge evening station blue cloud letter door apple field harbour train silver morning road summer island
"""
_CYRILLIC = """
река лампа семь север тихий бумага окно рынок зелёный камень светлый зима дорога песня медный маленький ранний сад мост
вечер вокзал синий облако письмо дверь яблоко поле гавань поезд серебро утро лето остров
"""
_CHINESE = """
河流 灯 七 北方 安静 纸 窗户 市场 绿色 石头 明亮 冬天 旅行 歌 铜 小 早 花园 桥 晚上 车站 蓝色 云 信 门 苹果 田野
港口 火车 银 早晨 路 夏天 岛
"""
_LENGTHS = ((9, 18), (9, 18), (26, 40))
"""Words of a text, by script: enough for 40 letters, mostly."""
VOCABULARIES = tuple(np.array(words.split()) for words in (_LATIN, _CYRILLIC, _CHINESE))


class Wording:
    """Every text of a world: captions by number, and what is appended to them (links, addresses, names) by number."""

    def __init__(self, chance: np.random.Generator) -> None:
        """Begin with nothing."""
        self._chance = chance
        self.texts: list[str] = []
        self.endings: list[str] = []
        self._ending_of: dict[str, int] = {}

    def make(self, count: int, script: int) -> NDArray[np.int64]:
        """Write new texts. One in six is shorter than 40 letters and marks nothing."""
        words = VOCABULARIES[script]
        least, most = _LENGTHS[script]
        lengths = np.where(self._chance.random(count) < 1 / 6, 3, self._chance.integers(least, most, count))
        drawn = words[self._chance.integers(0, len(words), int(lengths.sum()))].tolist()
        first, at = len(self.texts), 0
        for length in lengths.tolist():
            self.texts.append(" ".join(drawn[at : at + length]))
            at += length
        return np.arange(first, first + count)

    def write(self, text: str) -> int:
        """Keep a text that is given and give its number."""
        self.texts.append(text)
        return len(self.texts) - 1

    def ending(self, text: str) -> int:
        """Give the number of an ending."""
        if text not in self._ending_of:
            self._ending_of[text] = len(self.endings)
            self.endings.append(text)
        return self._ending_of[text]
