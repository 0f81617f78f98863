"""The loop of the compiled engine. It runs any program; Numba compiles it, and nothing else here.

The rules are those of `sim.engines.pools`: an instant in phases. Two things make it short. Within a
class of priority the queue of a resource is first in, first out, because the requests of a cycle
enter in the order of their rows; so a queue is a list per class, and nothing is ever searched. And
where a token goes next is known beforehand (`sim.engines.program`), so phase 1 only follows codes.

No function here calls another file's, apart from those of `worktime`, which both engines share.
Arrays of working memory come from outside, untouched pages of them cost nothing.
"""

from math import inf

import numpy as np

from sim.engines.worktime import end_of_work, interval_of, next_open

AWAIT, BOOK, ACTIVITY = 0, 1, 2
OPENS, CLOSES, ENDS = 0, 1, 2
FINISHED, CAPPED, STUCK, SHIFT_ENDS, BOOK_ENDS, PAUSED = 0, 1, 2, 3, 4, 5
EDGE, EVENTS, SPARE, NODES, LEFT = 0, 1, 2, 3, 4
# Counters, and what the arrays say of places in other arrays, are unsigned wherever they cannot be
# negative: then no index has to be looked at to see whether it counts from the end. (Numba takes
# an unsigned and a signed number for a float, so whole numbers must be added as unsigned ones.)
ZERO, ONE, TWO, THREE, FOUR = np.uint64(0), np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)


def push(times, rows, size, time, row):
    """Add an event to a 4-ary heap of `size` events."""
    i = size
    while i > ZERO:
        above = (i - ONE) // FOUR
        if times[above] <= time:
            break
        times[i] = times[above]
        rows[i] = rows[above]
        i = above
    times[i] = time
    rows[i] = row


def pop(times, rows, size):
    """Remove the first event of a heap; `size` is the number that remains."""
    time, row = times[size], rows[size]
    times[size] = inf
    i = ZERO
    while True:
        child = FOUR * i + ONE
        if child >= size:
            break
        # Behind the last event stands inf, so there are always four to choose from; which is the
        # least nobody can predict, so it is found without a branch.
        a, b = child, child + TWO
        a += np.uint64(times[child + ONE] < times[child])
        b += np.uint64(times[child + THREE] < times[child + TWO])
        least = b if times[b] < times[a] else a
        if times[least] >= time:
            break
        times[i] = times[least]
        rows[i] = rows[least]
        i = least
    times[i] = time
    rows[i] = row


def arrange(values, size):
    """Sort the first values of an array; few as a rule."""
    if size > 32:
        values[:size] = np.sort(values[:size])
        return
    for i in range(1, size):
        value = values[i]
        k = i
        while k > 0 and values[k - 1] > value:
            values[k] = values[k - 1]
            k -= 1
        values[k] = value


def simulate(
    # the program
    node, entity, after, minutes, klass, granted_at, missing, target_from, target,
    # steps, demands
    kind, works, shift, window, book, chain_from, set_from, back_from, resource, amount, column,
    amounts,
    # calendars, books
    shift_from, opens, closes, worked, handover, finish,
    edge_time, edge_kind, edge_pool, edge_window, capacity,
    book_from, book_opens, cutoffs, room, book_first,
    # arrivals, who is waited for, the cap, where to pause
    times, entry, watch, cap, until,
    # state: counters, resources, queues (a list per resource and class), windows
    counters,
    free, over, classes, head, tail, link, waiter, is_open, window_over, window_waits, waits_next,
    withdrawn,
    # working memory
    place, heap_time, heap_row, codes, wake, ended, notes, touched, is_touched,
    # what comes out
    enabled, start, end, granted, done,
):
    """Run to the end, or pause in front of minute `until`; returns (status, minute, index of the
    calendar or book that ended).

    Arrays are as `sim.engines.program` lays them out; `enabled`, `start`, `end`, `granted` and
    `done` are filled. The state, when it pauses, is in the arrays of state and memory.
    """
    n = len(done)
    arrivals, edges = len(times), len(edge_time)
    arrived, edge, events = ZERO, np.uint64(counters[EDGE]), np.uint64(counters[EVENTS])
    spare, nodes, left = counters[SPARE], counters[NODES], counters[LEFT]
    now = 0.0
    while True:
        last = now
        now = heap_time[0] if events else inf
        if arrived < arrivals and times[arrived] < now:
            now = times[arrived]
        if edge < edges and edge_time[edge] < now:
            now = edge_time[edge]
        if left == 0 or (until < inf and until <= min(now, cap)):
            counters[EDGE], counters[EVENTS] = edge, events
            counters[SPARE], counters[NODES], counters[LEFT] = spare, nodes, left
            return (FINISHED if left == 0 else PAUSED), last, -1
        if now > cap or (now == inf and cap < inf):
            return CAPPED, cap, -1
        if now == inf:
            return STUCK, last, -1

        # Phase 1 begins with calendars: they were decided before anybody acts.
        n_codes, n_wake, n_ended, n_notes, n_touched = ZERO, ZERO, ZERO, ZERO, ZERO
        while edge < edges and edge_time[edge] == now:
            what, pool, gate = edge_kind[edge], edge_pool[edge], edge_window[edge]
            edge += ONE
            if pool >= 0:
                if what == OPENS:
                    free[pool] += capacity[pool]
                elif what == CLOSES:
                    free[pool] -= capacity[pool]
                else:
                    over[pool] = True
                if not is_touched[pool]:
                    is_touched[pool] = True
                    touched[n_touched] = pool
                    n_touched += ONE
            elif what == OPENS:
                is_open[gate] = True
                row = window_waits[gate]
                window_waits[gate] = -1
                while row >= 0:
                    notes[n_notes] = row
                    n_notes += ONE
                    row = waits_next[row]
            elif what == ENDS:
                window_over[gate] = True
                if window_waits[gate] >= 0:
                    return SHIFT_ENDS, now, gate
            else:
                is_open[gate] = False
                for queue in range(len(head)):
                    before, item = -1, head[queue]
                    while item >= 0:
                        row, following = waiter[item], link[item]
                        if window[node[row]] != gate:
                            before = item
                            item = following
                            continue
                        if before < 0:
                            head[queue] = following
                        else:
                            link[before] = following
                        if following < 0:
                            tail[queue] = before
                        link[item] = spare
                        spare = item
                        pool = queue // classes
                        if not is_touched[pool]:
                            is_touched[pool] = True
                            touched[n_touched] = pool
                            n_touched += ONE
                        # It may stand in several queues; it goes back to the window once.
                        if not withdrawn[row]:
                            withdrawn[row] = True
                            waits_next[row] = window_waits[gate]
                            window_waits[gate] = row
                        item = following
                row = window_waits[gate]
                while row >= 0:
                    withdrawn[row] = False
                    row = waits_next[row]
        while arrived < arrivals and times[arrived] == now:
            codes[n_codes] = entry[arrived]
            n_codes += ONE
            arrived += ONE
        while events and heap_time[0] == now:
            wake[n_wake] = heap_row[0]
            n_wake += ONE
            events -= ONE
            if events:
                pop(heap_time, heap_row, events)

        while True:
            # Phase 1: everything that happens now. Requests are noted.
            while n_wake or n_codes:
                if n_wake:
                    n_wake -= ONE
                    row = wake[n_wake]
                    step = node[row]
                    if kind[step] == ACTIVITY:
                        if place[row] < chain_from[step + 1] - chain_from[step]:
                            granted[granted_at[row] + place[row]] = now
                            place[row] += 1
                        else:
                            # its work is done
                            end[row] = now
                            for d in range(back_from[step], back_from[step + 1]):
                                units = amount[d]
                                if column[d] >= 0:
                                    units = amounts[column[d] + entity[row]]
                                pool = resource[d]
                                free[pool] += units
                                if not is_touched[pool]:
                                    is_touched[pool] = True
                                    touched[n_touched] = pool
                                    n_touched += ONE
                            codes[n_codes] = after[row]
                            n_codes += ONE
                            continue
                    else:
                        if kind[step] == BOOK:
                            end[row] = now
                        codes[n_codes] = after[row]
                        n_codes += ONE
                        continue
                else:
                    n_codes -= ONE
                    row = codes[n_codes]
                    if row < 0:
                        joint = ~row
                        missing[joint] -= 1
                        if missing[joint] == 0:
                            if joint < n:
                                done[joint] = now
                                if watch[joint]:
                                    left -= 1
                            for k in range(target_from[joint], target_from[joint + 1]):
                                codes[n_codes] = target[k]
                                n_codes += ONE
                        continue
                    step = node[row]
                    if kind[step] == AWAIT:
                        if minutes[row] > now:
                            push(heap_time, heap_row, events, minutes[row], row)
                            events += ONE
                        else:
                            codes[n_codes] = after[row]
                            n_codes += ONE
                        continue
                    enabled[row] = now
                    if kind[step] == BOOK:
                        notes[n_notes] = row
                        n_notes += ONE
                        continue

                # An activity, in front of a set of its chain or of its work.
                gate = window[step]
                waits = False
                while place[row] < chain_from[step + 1] - chain_from[step] and not waits:
                    waits = gate >= 0
                    group = chain_from[step] + place[row]
                    for d in range(set_from[group], set_from[group + 1]):
                        if column[d] < 0 or amounts[column[d] + entity[row]] > 0:
                            waits = waits or column[d] >= 0 or amount[d] > 0
                    if not waits:
                        granted[granted_at[row] + place[row]] = now
                        place[row] += 1
                if waits:
                    if gate < 0 or is_open[gate]:
                        notes[n_notes] = row
                        n_notes += ONE
                    else:
                        if window_over[gate]:
                            return SHIFT_ENDS, now, gate
                        waits_next[row] = window_waits[gate]
                        window_waits[gate] = row
                    continue
                begin, finishes = now, now
                if works[step]:
                    finishes = now + minutes[row]
                    if shift[step] >= 0:
                        low, high = shift_from[shift[step]], shift_from[shift[step] + 1]
                        begin = next_open(opens[low:high], closes[low:high], now)
                        if finish[shift[step]]:
                            finishes = begin + minutes[row]
                        else:
                            finishes = end_of_work(
                                opens[low:high], closes[low:high],
                                worked[low + shift[step]:high + shift[step] + 1],
                                handover[shift[step]], begin, minutes[row])
                        if finishes == inf:
                            return SHIFT_ENDS, now, shift[step]
                start[row] = begin
                if finishes > now:
                    push(heap_time, heap_row, events, finishes, row)
                    events += ONE
                elif works[step]:
                    ended[n_ended] = row
                    n_ended += ONE
                else:
                    wake[n_wake] = row
                    n_wake += ONE

            if n_notes == 0 and n_touched == 0 and n_ended == 0:
                break
            n_wake = n_ended
            for k in range(n_ended):
                wake[k] = ended[k]
            n_ended = ZERO

            # Phase 2: days of appointment, and places in the queues.
            if n_notes > 1:
                arrange(notes, n_notes)
            for k in range(n_notes):
                row = notes[k]
                step = node[row]
                if kind[step] == BOOK:
                    low, high = book_from[book[step]], book_from[book[step] + 1]
                    day = low + interval_of(cutoffs[low:high], now) + 1
                    day = max(day, book_first[book[step]])
                    while day < high and room[day] == 0:
                        day += 1
                    if day == high:
                        if book_opens[high - 1] < cap:
                            return BOOK_ENDS, now, book[step]
                        continue
                    # Earlier days are full, or their cut-off has passed: nobody looks there again.
                    book_first[book[step]] = day
                    room[day] -= 1
                    start[row] = now
                    if book_opens[day] > now:
                        push(heap_time, heap_row, events, book_opens[day], row)
                        events += ONE
                    else:
                        wake[n_wake] = row
                        n_wake += ONE
                    continue
                group = chain_from[step] + place[row]
                asks = False
                for d in range(set_from[group], set_from[group + 1]):
                    units = amount[d]
                    if column[d] >= 0:
                        units = amounts[column[d] + entity[row]]
                    if units == 0:
                        continue
                    asks = True
                    pool = resource[d]
                    queue = pool * classes + klass[row]
                    if spare >= 0:
                        item = spare
                        spare = link[item]
                    else:
                        item = nodes
                        nodes += 1
                    waiter[item] = row
                    link[item] = -1
                    if head[queue] < 0:
                        head[queue] = item
                    else:
                        link[tail[queue]] = item
                    tail[queue] = item
                    if not is_touched[pool]:
                        is_touched[pool] = True
                        touched[n_touched] = pool
                        n_touched += ONE
                if not asks:
                    wake[n_wake] = row
                    n_wake += ONE
            n_notes = ZERO

            # Phase 3: grants.
            while n_touched:
                n_touched -= ONE
                pool = touched[n_touched]
                is_touched[pool] = False
                while True:
                    row = -1
                    for queue in range(pool * classes, (pool + ONE) * classes):
                        if head[queue] >= 0:
                            row = waiter[head[queue]]
                            break
                    if row < 0:
                        break
                    if over[pool]:
                        return SHIFT_ENDS, now, -2 - pool
                    step = node[row]
                    group = chain_from[step] + place[row]
                    possible = True
                    for d in range(set_from[group], set_from[group + 1]):
                        units = amount[d]
                        if column[d] >= 0:
                            units = amounts[column[d] + entity[row]]
                        if units == 0:
                            continue
                        other = resource[d]
                        if free[other] < units:
                            possible = False
                            break
                        if other != pool:
                            first = -1
                            for queue in range(other * classes, (other + ONE) * classes):
                                if head[queue] >= 0:
                                    first = waiter[head[queue]]
                                    break
                            if first != row:
                                possible = False
                                break
                    if not possible:
                        break
                    for d in range(set_from[group], set_from[group + 1]):
                        units = amount[d]
                        if column[d] >= 0:
                            units = amounts[column[d] + entity[row]]
                        if units == 0:
                            continue
                        other = resource[d]
                        queue = other * classes + klass[row]
                        item = head[queue]
                        head[queue] = link[item]
                        link[item] = spare
                        spare = item
                        free[other] -= units
                        if other != pool and not is_touched[other]:
                            is_touched[other] = True
                            touched[n_touched] = other
                            n_touched += ONE
                    wake[n_wake] = row
                    n_wake += ONE
