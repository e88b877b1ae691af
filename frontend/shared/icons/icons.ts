import { h, type FunctionalComponent } from 'vue'

/** Line icons on a 24 × 24 ground. They take the colour of the text and are hidden from screen readers: a word stands beside each. */

export type Icon = FunctionalComponent<{ size?: string }>

export function line(...paths: string[]): Icon {
  const icon: Icon = (props) =>
    h(
      'svg',
      {
        viewBox: '0 0 24 24',
        width: props.size ?? '1.5em',
        height: props.size ?? '1.5em',
        fill: 'none',
        stroke: 'currentColor',
        'stroke-width': 1.8,
        'stroke-linecap': 'round',
        'stroke-linejoin': 'round',
        'aria-hidden': 'true',
      },
      paths.map((d) => h('path', { d })),
    )
  icon.props = ['size']
  return icon
}

export const IconHome = line('M4 11 12 4l8 7', 'M6 9.5V20h12V9.5', 'M10 20v-5h4v5')
export const IconList = line('M8 6h12M8 12h12M8 18h12', 'M4 6h.01M4 12h.01M4 18h.01')
export const IconPerson = line('M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z', 'M4.5 20.5a7.5 7.5 0 0 1 15 0')
export const IconTree = line('M9 3h6v5H9z', 'M3 16h6v5H3zM15 16h6v5h-6z', 'M12 8v4M6 16v-4h12v4')
export const IconPhone = line('M6 3h3l1.5 5-2 1.5a12 12 0 0 0 6 6l1.5-2 5 1.5v3a2 2 0 0 1-2 2A16 16 0 0 1 4 5a2 2 0 0 1 2-2z')
export const IconMic = line('M12 15a3.5 3.5 0 0 0 3.5-3.5v-5a3.5 3.5 0 0 0-7 0v5A3.5 3.5 0 0 0 12 15z', 'M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3')
export const IconCamera = line('M4 8h3.5L9 5.5h6L16.5 8H20v11H4z', 'M12 16.5a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4z')
export const IconVideo = line('M3 7h12v10H3z', 'm15 10.5 6-3v9l-6-3')
export const IconPlace = line('M12 21s7-6.2 7-11.2A7 7 0 0 0 5 9.8C5 14.8 12 21 12 21z', 'M12 12.2a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8z')
export const IconPlay = line('M8 5.5v13l10.5-6.5z')
export const IconStop = line('M7 7h10v10H7z')
export const IconClose = line('M6 6l12 12M18 6 6 18')
export const IconBack = line('M14.5 5.5 8 12l6.5 6.5')
export const IconNext = line('M9.5 5.5 16 12l-6.5 6.5')
export const IconDown = line('M6 9.5 12 15l6-5.5')
export const IconCheck = line('M5 12.5 10 17.5 19.5 7')
export const IconBell = line('M6 17V11a6 6 0 0 1 12 0v6l1.5 1.5h-15z', 'M10 21h4')
export const IconCalendar = line('M4 6h16v14H4z', 'M4 10.5h16M8.5 3.5v4M15.5 3.5v4')
export const IconWork = line('M5 4h14v16H5z', 'M8.5 9h7M8.5 13h7M8.5 17h4')
export const IconSpeaker = line('M4 9.5h3.5L12 5.5v13L7.5 14.5H4z', 'M15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11')
export const IconSpeech = line('M4 5h16v11H11l-4.5 4v-4H4z', 'M8.5 9h7M8.5 12.3h4.5')
export const IconScales = line('M12 4v16M7.5 20h9', 'M5 7.5h14', 'M5 7.5 2.5 13a2.6 2.6 0 0 0 5 0zM19 7.5 16.5 13a2.6 2.6 0 0 0 5 0z')
export const IconSprout = line('M12 21v-9', 'M12 12C12 7.5 8.5 5.5 4 5.5c0 4.5 3 6.5 8 6.5z', 'M12 14c0-4 3-6 8-6 0 4.5-3 6-8 6z')
export const IconBriefcase = line('M3.5 8h17v11.5h-17z', 'M9 8V5h6v3', 'M3.5 13h17M12 12v2.5')
export const IconDocument = line('M6 3h8l4 4v14H6z', 'M14 3v4h4', 'M9 12h6M9 16h6')
export const IconScreen = line('M3 5h18v12H3z', 'M8.5 21h7M12 17v4')
export const IconGrid = line('M12 3l4.5 2.6v5.2L12 13.4l-4.5-2.6V5.6z', 'M7.5 10.8 3 13.4v5.2l4.5 2.6 4.5-2.6v-5.2M16.5 10.8l4.5 2.6v5.2l-4.5 2.6-4.5-2.6')

const kindIcons: Record<string, Icon> = {
  suggestion: IconSpeech,
  dispute: IconScales,
  revitalization: IconSprout,
  employment: IconBriefcase,
}

export function kindIcon(kind: string): Icon {
  return kindIcons[kind] ?? IconDocument
}
