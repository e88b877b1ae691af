import { describe, expect, it } from 'vitest'
import { ArrivalList } from './arrivals'
import { arrivalOf } from './meeting-fixture'

const numbers = (list: ArrivalList) => list.all.map(({ number }) => number)
const came = (number: number, change = {}) => ({ kind: 'came', arrival: arrivalOf(number, change) }) as const

describe('who came', () => {
  it('stand in the order of their coming, and only newcomers are fresh', () => {
    const list = new ArrivalList()
    expect(list.replace([arrivalOf(2), arrivalOf(1)]).fresh).toEqual([])
    const taken = list.take([came(3), came(4)])
    expect(taken.fresh.map(({ number }) => number)).toEqual([3, 4])
    expect(taken.reordered).toBe(false)
    expect(numbers(list)).toEqual([1, 2, 3, 4])
    expect(list.placeOf('m4')).toBe(3)
  })

  it('take the same arrival over as often as it is told', () => {
    const list = new ArrivalList()
    list.take([came(1), came(1), came(2)])
    expect(list.take([came(1), came(2)])).toEqual({ fresh: [], touched: [], reordered: false })
    expect(numbers(list)).toEqual([1, 2])
  })

  it('find the place of somebody told late', () => {
    const list = new ArrivalList()
    list.take([came(1), came(4)])
    const taken = list.take([came(2), came(3), came(5)])
    expect(taken.reordered).toBe(true)
    expect(numbers(list)).toEqual([1, 2, 3, 4, 5])
    expect(list.all.map(({ id }) => list.placeOf(id))).toEqual([0, 1, 2, 3, 4])
  })

  it('stand at the end without a number', () => {
    const list = new ArrivalList()
    list.take([came(9, { id: 'guest', number: null }), came(1)])
    expect(list.all.map(({ id }) => id)).toEqual(['m1', 'guest'])
  })

  it('stay where they stand when they leave, and come back to their place', () => {
    const list = new ArrivalList()
    list.take([came(1), came(2)])
    expect(list.take([{ kind: 'left', id: 'm1' }])).toEqual({ fresh: [], touched: [0], reordered: false })
    expect(list.all[0]).toMatchObject({ number: 1, away: true })
    expect(list.take([{ kind: 'left', id: 'm1' }, { kind: 'left', id: 'unknown' }]).touched).toEqual([])
    expect(list.take([came(7, { id: 'm1', name: '张1' })])).toEqual({ fresh: [], touched: [0], reordered: false })
    expect(list.all[0]).toMatchObject({ number: 1, away: false })
  })

  it('tell after a gap who came meanwhile', () => {
    const list = new ArrivalList()
    list.replace([arrivalOf(1)])
    expect(list.replace([arrivalOf(1), arrivalOf(2), arrivalOf(3)]).fresh.map(({ number }) => number)).toEqual([2, 3])
    expect(list.replace([arrivalOf(1)]).fresh).toEqual([])
    expect(numbers(list)).toEqual([1])
  })
})
