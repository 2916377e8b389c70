/**
 * When the flood of tokens of unknown keys comes and goes. While it is there, each interval brings a new key set. While it
 * is gone, a set lives as long as the options say.
 * @module
 */
import { random } from './random.js'

/** How long the flood is there; milliseconds. */
const HIGH_MS = { least: 2000, most: 4000 }
/** How long it is gone; milliseconds. A set that nobody needs anew gets old meanwhile. */
const LOW_MS = { least: 3000, most: 7000 }

/** The tide of one load. */
export class Tide {
  #isHigh = true
  #timer: NodeJS.Timeout | undefined

  constructor() {
    this.#wait()
  }

  isHigh(): boolean {
    return this.#isHigh
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #wait(): void {
    const { least, most } = this.#isHigh ? HIGH_MS : LOW_MS
    const turn = () => {
      this.#isHigh = !this.#isHigh
      this.#wait()
    }
    this.#timer = setTimeout(turn, least + random() * (most - least))
  }
}
